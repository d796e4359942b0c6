//! Compares the declarations with the installed headers, as the C compiler sees them.
use imgvec_sys::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::mem::{size_of, MaybeUninit};
use std::path::PathBuf;
use std::process::Command;

/// Lines "struct field offset size" of Rust's side, and the C statements that print C's.
macro_rules! layouts {
    ($($tag:literal $name:ident { $($field:ident),* $(,)? })*) => {{
        let (mut lines, mut program) = (String::new(), String::new());
        $({
            let object = MaybeUninit::<$name>::uninit();
            let base = object.as_ptr();
            writeln!(lines, "{} {}", stringify!($name), size_of::<$name>()).unwrap();
            writeln!(program, "printf(\"{0} %zu\\n\", sizeof({1}{0}));", stringify!($name), $tag).unwrap();
            $({
                // Only an address is taken: nothing is read.
                let offset = unsafe { std::ptr::addr_of!((*base).$field) as usize } - base as usize;
                let field = stringify!($field).trim_end_matches('_');
                writeln!(lines, "{}.{field} {offset}", stringify!($name)).unwrap();
                writeln!(program, "printf(\"{0}.{field} %zu\\n\", offsetof({1}{0}, {field}));", stringify!($name), $tag)
                    .unwrap();
            })*
        })*
        (lines, program)
    }};
}

fn cflags() -> Vec<String> {
    let program = std::env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(program).args(["--cflags", "imgvec"]).output().expect("pkg-config");
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

fn headers() -> String {
    let program = std::env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(program).args(["--variable=includedir", "imgvec"]).output().expect("pkg-config");
    let folder = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join("imgvec");
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        text += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    text
}

#[test]
fn structures_lie_as_in_c() {
    let (lines, statements) = layouts! {
        "" imgvec_error { code, origin, detail, text }
        "" imgvec_allocator { size, user, allocate, reallocate, release }
        "" imgvec_option_row { size, id, type_, jobs, name, default_value, choices, help, min, max, since }
        "" imgvec_progress { size, stage, done, total, rate, seconds_left, finished }
        "" imgvec_problem { size, row, column, path, reason, code }
        "" imgvec_watch { size, user, progress, problem, cancel }
        "" imgvec_column_info { size, name, type_, missing, reason }
        "" imgvec_augmentation_row { size, name, help, parameters, pairs }
        "" imgvec_augmentation_parameter_row { size, name, default_value, help, min, max, type_ }
        "" imgvec_backbone_row { size, id, parameters, gmacs, width, input_size }
        "" imgvec_weights_row { size, id, variant, tag, file, url, licence, sha256, bytes, top1, resize, crop,
                                interpolation, mean, std }
        "struct " ArrowSchema { format, name, metadata, flags, n_children, children, dictionary, release, private_data }
        "struct " ArrowArray { length, null_count, offset, n_buffers, n_children, buffers, children, dictionary,
                               release, private_data }
        "struct " ArrowArrayStream { get_schema, get_next, get_last_error, release, private_data }
    };
    let folder = std::env::temp_dir().join(format!("imgvec-layout-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, binary) = (folder.join("layout.c"), folder.join("layout"));
    let text = format!("#include <imgvec/imgvec.h>\n#include <stdio.h>\nint main(void) {{\n{statements}return 0; }}\n");
    std::fs::write(&source, text).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let built = Command::new(compiler).arg(&source).arg("-o").arg(&binary).args(cflags()).status().expect("cc");
    assert!(built.success());
    let output = Command::new(&binary).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(lines.lines().count() > 80);
    assert_eq!(lines, String::from_utf8(output.stdout).unwrap());
}

/// Names like imgvec_x that `mark` precedes or follows in a text.
fn functions(text: &str, before: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("imgvec_") {
        let name: String = text[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if text[..at].ends_with(before) && text[at + name.len()..].starts_with('(') {
            found.insert(name);
        }
    }
    found
}

/// A header without comments and with single spaces, so that a declaration reads "type name(".
fn plain(text: &str) -> String {
    let mut rest = text;
    let mut code = String::new();
    while let Some(start) = rest.find("/*") {
        code += &rest[..start];
        rest = &rest[start + rest[start..].find("*/").expect("an open comment") + 2..];
    }
    code += rest;
    code.split_whitespace().collect::<Vec<_>>().join(" ").replace('*', " ")
}

#[test]
fn every_public_function_is_declared() {
    let declared = functions(include_str!("../src/lib.rs"), "pub fn ");
    let header = plain(&headers());
    let public = functions(&header, " ");
    assert!(public.len() > 70, "{public:?}");
    assert_eq!(declared, public, "declared here on the left, in the installed headers on the right");
}

#[test]
fn every_constant_has_its_number() {
    let header = plain(&headers());
    let mut count = 0;
    for line in include_str!("../src/lib.rs").lines() {
        if let Some((name, value)) = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": i32 = ")) {
            let value = value.trim_end_matches(';');
            let followed = |end: &str| header.contains(&format!("{name} = {value}{end}"));
            assert!(followed(",") || followed(" "), "{name} is not {value}");
            count += 1;
        }
    }
    assert!(count > 120, "{count}");
}
