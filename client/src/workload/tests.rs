//! Order, numbers and due times of the downloads.

use super::*;

fn codes<const N: usize>(codes: [&str; N]) -> [CountryCode; N] {
    codes.map(|code| code.parse().unwrap())
}

fn numbered(workload: &Workload) -> Vec<(Resource, u64)> {
    let downloads = workload.downloads.iter();
    downloads
        .map(|download| (download.resource, download.request_number))
        .collect()
}

#[test]
fn downloads_are_sorted_by_code_and_numbered_from_1() {
    let [br, us] = codes(["BR", "US"]).map(Resource::Flag);
    let workload = Workload::flags(codes(["US", "BR", "US"]));
    assert_eq!(numbered(&workload), [(br, 1), (us, 1), (us, 2)]);
}

#[test]
fn paths_keep_their_order_and_are_numbered_by_key() {
    let paths = ["/b", "/a?x", "/b", "/a?y", "/flags/br/br.gif"];
    let paths = paths.map(|path| path.parse::<OriginForm>().unwrap());
    let workload = Workload::paths(paths);
    let expected: Vec<_> = paths
        .map(Resource::Path)
        .into_iter()
        .zip([1, 1, 2, 2, 1])
        .collect();
    assert_eq!(numbered(&workload), expected);
}

#[test]
fn spaced_downloads_are_due_at_regular_intervals() {
    let (closed, interval) = (
        Workload::flags(codes(["BR", "CN", "US"])),
        Duration::from_millis(5),
    );
    assert!(closed.downloads.iter().all(|d| d.due.is_none()));
    let open = closed.spaced(interval);
    let due: Vec<_> = open.downloads.iter().map(|d| d.due).collect();
    assert_eq!(due, [0, 1, 2].map(|index| Some(interval * index)));
}

#[test]
fn metadata_may_be_downloaded_alone() {
    let [br, us] = codes(["BR", "US"]).map(Resource::Metadata);
    let workload = Workload::metadata(codes(["US", "BR", "US"]));
    assert_eq!(numbered(&workload), [(br, 1), (us, 1), (us, 2)]);
    assert!(!workload.downloads.iter().any(|d| d.saves_by_country));
}

#[test]
fn files_are_two_downloads_per_code() {
    let br = codes(["BR"])[0];
    let (flag, metadata) = (Resource::Flag(br), Resource::Metadata(br));
    let workload = Workload::files([br, br]);
    let expected = [(flag, 1), (metadata, 1), (flag, 2), (metadata, 2)];
    assert_eq!(numbered(&workload), expected);
}

#[test]
fn a_flag_with_metadata_is_one_download() {
    let br = codes(["BR"])[0];
    let workload = Workload::with_metadata([br, br]);
    let flag = Resource::Flag(br);
    assert_eq!(numbered(&workload), [(flag, 1), (flag, 2)]);
    assert!(workload.downloads.iter().all(|d| d.saves_by_country));
}

#[test]
fn only_1_to_1000_is_accepted() {
    for good in ["1", "30", "1000"] {
        assert_eq!(good.parse::<Concurrency>().unwrap().to_string(), good);
    }
    for bad in ["0", "1001", "-1", "many", "", "99999999999999999999999"] {
        let error = bad.parse::<Concurrency>().unwrap_err().to_string();
        assert_eq!(
            error,
            format!("expected a concurrency of 1 to 1000, such as `30`, got `{bad}`")
        );
    }
    assert_eq!(
        Concurrency::new(0).unwrap_err(),
        "0".parse::<Concurrency>().unwrap_err()
    );
}
