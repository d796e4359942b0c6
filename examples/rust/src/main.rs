//! Scores data with a saved model: score MODEL DATA. The lines are those of c-plain.
use imgvec::{Context, Dataset, Error, Model, Watch};
use std::fmt::Write;

fn score(model: &str, data: &str) -> Result<String, Error> {
    let library = Context::new()?;
    let model = Model::open(&library, model, None)?;
    let data = Dataset::open(&library, data, None, Watch::none())?;
    let scores = model.predict(&data, Watch::none())?;
    let outputs = model.outputs();
    let mut lines = String::new();
    for (row, status) in scores.status.iter().enumerate() {
        write!(lines, "{row}").expect("text");
        match status {
            Some(status) => write!(lines, " {}", status.name()).expect("text"),
            None => {
                for (name, value) in outputs.iter().zip(scores.row(row)) {
                    write!(lines, " {name}={value:.6}/{:08x}", value.to_bits()).expect("text");
                }
            }
        }
        lines.push('\n');
    }
    Ok(lines)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [model, data] => match score(model, data) {
            Ok(lines) => print!("{lines}"),
            Err(error) => {
                eprintln!("score: {error}");
                std::process::exit(1);
            }
        },
        _ => {
            eprintln!("usage: score MODEL DATA");
            std::process::exit(2);
        }
    }
}
