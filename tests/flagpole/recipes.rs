//! The recipes of `docs/testing.md`, each run in a folder of its own with `flagpole` in the path, beside a proxy in the
//! environment that answers nothing.
//!
//! A recipe whose tool is missing is skipped, with a line on standard error; with `FLAGPOLE_RECIPES=all` that is a failure.

use crate::harness::{CommandOutput, Sandbox};
use crate::tools;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../../examples/testing/rust/client.rs"]
mod rust;

const PYTEST: &str = "import pytest, requests";

#[test]
fn pytest() {
    run("pytest", &["python3", "-c", PYTEST], "python3 -m pytest -q");
}

#[test]
fn pytest_in_parallel() {
    let needed = ["python3", "-c", "import pytest, requests, xdist"];
    run("pytest", &needed, "python3 -m pytest -q -n 3");
}

#[test]
fn unittest() {
    run("unittest", &["python3", "--version"], "python3 -m unittest");
}

#[test]
fn node() {
    let needed = [
        "node",
        "-e",
        "process.exit(Number(parseInt(process.versions.node) < 20))",
    ];
    run("node", &needed, "node --test");
}

#[test]
fn shell() {
    run(
        "shell",
        &["bash", "-c", "curl --version"],
        "bash client_test.sh",
    );
}

#[test]
fn faults_by_request() {
    run(
        "shell",
        &["bash", "-c", "curl --version"],
        "bash request_faults.sh",
    );
}

/// The short recipe of the README, on free ports.
#[test]
fn readme() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, block) = text.split_once("## Test your client\n\n```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let [site, control] = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let port = |listener: TcpListener| listener.local_addr().unwrap().port().to_string();
    let block = block
        .replace("8000", &port(site))
        .replace("9000", &port(control));
    let script = format!("set -e; trap 'kill $!' EXIT; export no_proxy=127.0.0.1\n{block}");
    let sandbox = Sandbox::new();
    let needed = ["bash", "-c", "curl --version"];
    if let Some(output) = output(&sandbox, "README", &needed, &["bash", "-c", &script]) {
        output.assert_code(0);
    }
}

/// Only a container is missing: the entry point and the health check run as they are written, but for the ports.
#[test]
fn container() {
    let text = fs::read_to_string(recipes().join("container/Containerfile")).unwrap();
    let arguments = |instruction: &str| -> Vec<String> {
        let line = text
            .lines()
            .find_map(|line| line.split_once(instruction))
            .unwrap();
        serde_json::from_str(line.1.trim()).unwrap()
    };
    let server = arguments("ENTRYPOINT")[1..].join(" ");
    let server = server.replace("8000", "0").replace(":9000", ":0") + " --format json";
    let mut server = Sandbox::new().start(&server);
    let ready: serde_json::Value = serde_json::from_str(&server.stdout_line()).unwrap();
    let control = ready["control"].as_str().unwrap();
    let address = control.trim_start_matches("http://").trim_end_matches('/');
    let check = arguments("HEALTHCHECK --interval=1s --retries=60 CMD")[1..].join(" ");
    let check = check.replace("127.0.0.1:9000", address);
    Sandbox::new().run(&check).assert_code(0);
}

/// GitHub's runners are out of reach; the workflow has steps that the tests above run.
#[test]
fn workflow_is_yaml_and_runs_the_recipes() {
    let script = "import json, sys, yaml\njobs = yaml.safe_load(open('test.yml'))['jobs']\n\
        print(json.dumps([step['run'] for step in jobs['test']['steps'] if 'run' in step]))";
    let (sandbox, needed) = (copy("github-actions"), ["python3", "-c", "import yaml"]);
    let Some(output) = output(
        &sandbox,
        "GitHub Actions",
        &needed,
        &["python3", "-c", script],
    ) else {
        return;
    };
    output.assert_code(0);
    let steps: Vec<String> = serde_json::from_str(&output.stdout).unwrap();
    let last = &steps[steps.len() - 4..];
    assert_eq!(
        last,
        [
            "python -m pytest",
            "python -m unittest",
            "node --test",
            "bash client_test.sh"
        ]
    );
}

#[test]
fn page_shows_every_recipe_as_it_is() {
    let page = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    for folder in fs::read_dir(recipes()).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let is_shown = page.contains(&format!("\n{text}```\n"));
            assert!(
                is_shown,
                "docs/testing.md lacks the text of {}",
                path.display()
            );
            let link = path.strip_prefix(root()).unwrap();
            let link = format!("(../{})", link.to_str().unwrap());
            assert!(page.contains(&link), "docs/testing.md has no link {link}");
        }
    }
}

/// The lines of the page for `Cargo.toml`, in a crate of their own: paths, features and versions exist.
#[test]
fn lines_for_cargo_toml_resolve() {
    let page = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let lines = page
        .split("```toml\n")
        .find(|block| block.starts_with("[dev-dependencies]"));
    let lines = lines.and_then(|block| block.split("```").next()).unwrap();
    let sandbox = Sandbox::new();
    let server = root().join("server");
    let manifest =
        format!("[package]\nname = \"mine\"\nedition = \"2024\"\n{lines}\n[workspace]\n");
    let manifest = manifest.replace("../flagpole/server", server.to_str().unwrap());
    fs::write(sandbox.path("Cargo.toml"), manifest).unwrap();
    fs::copy(root().join("Cargo.lock"), sandbox.path("Cargo.lock")).unwrap();
    fs::create_dir(sandbox.path("src")).unwrap();
    fs::write(sandbox.path("src/lib.rs"), "").unwrap();
    let mut tree = Command::new(env!("CARGO"));
    let tree = tree.args(["tree", "--offline", "--edges", "normal,dev", "--depth", "1"]);
    let output: CommandOutput = tree.current_dir(sandbox.path("")).output().unwrap().into();
    output.assert_code(0);
    output.assert_stdout_contains("flagpole-server v");
}

/// Runs a command in a copy of a recipe; it must succeed.
fn run(recipe: &str, needed: &[&str], command: &str) {
    let command: Vec<_> = command.split(' ').collect();
    if let Some(output) = output(&copy(recipe), recipe, needed, &command) {
        output.assert_code(0);
    }
}

/// A folder with the files of a recipe.
fn copy(recipe: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    for file in fs::read_dir(recipes().join(recipe)).unwrap() {
        let file = file.unwrap();
        fs::copy(
            file.path(),
            sandbox.path(file.file_name().to_str().unwrap()),
        )
        .unwrap();
    }
    sandbox
}

/// Runs a command; `None` if the one that shows that the tools are there does not succeed.
fn output(
    sandbox: &Sandbox,
    recipe: &str,
    needed: &[&str],
    command: &[&str],
) -> Option<CommandOutput> {
    if !tools::is_installed(&format!("the recipe `{recipe}`"), needed) {
        return None;
    }
    let mut process = Command::new(command[0]);
    let process = process.args(&command[1..]).env("PATH", tools::path());
    let process = process.env("http_proxy", "http://127.0.0.1:9");
    let process = process.current_dir(sandbox.path(""));
    Some(process.output().unwrap().into())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn recipes() -> PathBuf {
    root().join("examples/testing")
}
