//! Finds the installed libimgvec with pkg-config (PKG_CONFIG names another program).
use std::process::{exit, Command};

fn main() {
    for name in ["PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    let program = std::env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = match Command::new(&program).args(["--libs", "imgvec >= 0.1"]).output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("{program} cannot be run: {error}");
            exit(1);
        }
    };
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        eprintln!("install libimgvec, or name the folder of imgvec.pc in PKG_CONFIG_PATH");
        exit(1);
    }
    let mut linked = false;
    for flag in String::from_utf8_lossy(&output.stdout).split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={library}");
            linked |= library == "imgvec";
        }
    }
    if !linked {
        println!("cargo:rustc-link-lib=imgvec");
    }
}
