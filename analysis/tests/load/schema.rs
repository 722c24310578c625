//! The documented schema is that of the result.

use flagpole_analysis::load::LoadResult;
use serde_json::Value;

#[test]
fn schema_is_documented() {
    let documented = include_str!("../../../docs/load.schema.json");
    let documented: Value = serde_json::from_str(documented).unwrap();
    let schema = LoadResult::schema();
    assert!(
        schema == documented,
        "`flagpole load --schema > docs/load.schema.json`, or:\n{schema:#}"
    );
}
