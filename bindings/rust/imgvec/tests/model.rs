//! Trains and scores a table and drawn images.
use imgvec::*;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};

fn assert_send_sync<T: Send + Sync>() {}

fn price(i: usize) -> f64 {
    (2 * (20 + i * 7 % 50) + 30 * (1 - i % 2)) as f64
}

/// A table whose price is twice its area, and more by the lake.
fn numbers(library: &Context, rows: usize) -> Dataset {
    let mut data = Dataset::new(library).unwrap();
    data.add_column("area", ColumnType::Numeric).unwrap();
    data.add_column("place", ColumnType::Categorical).unwrap();
    data.add_column("price", ColumnType::Numeric).unwrap();
    for i in 0..rows {
        data.append_number("area", (20 + i * 7 % 50) as f64).unwrap();
        data.append_text("place", Some(["lake", "wood"][i % 2])).unwrap();
        data.append_number("price", price(i)).unwrap();
    }
    data
}

fn options(library: &Context, json: &str) -> Options {
    let mut options = Options::new(library, &[Job::Train]).unwrap();
    options.set_json(json).unwrap();
    options
}

fn priced(library: &Context, data: &Dataset) -> Model {
    let mut options = options(library, r#"{"target": "price", "folds": 3, "threads": 1, "select_blocks": false}"#);
    options.set("xgb.max_depth", 3).unwrap();
    Model::train(library, data, Some(&options), Watch::none()).unwrap()
}

/// A light bar on dark ground, upright or lying.
fn bar(lying: bool, at: usize) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..48 {
        for x in 0..48 {
            let along = if lying { y } else { x };
            let shade = if (at..at + 6).contains(&along) { 220 } else { 20 + (x * 7 + y * 13) % 30 };
            pixels.extend([shade as u8; 3]);
        }
    }
    pixels
}

#[test]
fn handles_cross_threads_as_the_table_says() {
    assert_send_sync::<Context>();
    assert_send_sync::<Options>();
    assert_send_sync::<Dataset>();
    assert_send_sync::<Model>();
    assert_send_sync::<Vectorizer>();
    assert_send_sync::<Scorer>();
    assert_send_sync::<Cancel>();
}

#[test]
fn a_table_is_trained_saved_and_scored() {
    let library = Context::new().unwrap();
    let data = numbers(&library, 60);
    let model = priced(&library, &data);
    drop(library); // the others keep what they need
    let scores = model.predict(&data, Watch::none()).unwrap();
    assert_eq!((scores.values.len(), model.outputs().len()), (60, 1));
    for row in 0..60 {
        assert!((f64::from(scores.row(row)[0]) - price(row)).abs() < 25.0, "row {row}: {:?}", scores.row(row));
        assert_eq!(scores.status[row], None);
    }
    let path = std::env::temp_dir().join(format!("imgvec-rust-{}.imgvec", std::process::id()));
    let path = path.to_str().unwrap();
    model.save(path).unwrap();
    let library = Context::new().unwrap();
    let opened = Model::open(&library, path, None).unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!(opened.predict(&data, Watch::none()).unwrap().values, scores.values);
    assert!(model.info().contains("\"target\""));
    let mut scorer = Scorer::new(&opened, None).unwrap();
    drop(opened); // the scorer keeps it
    scorer.set_number("area", 34.0).unwrap();
    scorer.set_text("place", Some("lake")).unwrap();
    assert_eq!(scorer.run().unwrap().values, scores.row(2));
}

#[test]
fn images_and_embeddings() {
    let library = Context::new().unwrap();
    let mut data = Dataset::new(&library).unwrap();
    data.add_column("photo", ColumnType::Image).unwrap();
    data.add_column("kind", ColumnType::Categorical).unwrap();
    for i in 0..24 {
        data.append_pixels("photo", &bar(i % 2 == 1, 4 + i), 48, 48, PixelFormat::Rgb).unwrap();
        data.append_text("kind", Some(["upright", "lying"][i % 2])).unwrap();
    }
    let json = r#"{"target": "kind", "backbone": "mobilenetv2_035", "weights": "random", "dim": "4", "folds": 2, "threads": 1}"#;
    let model = Model::train(&library, &data, Some(&options(&library, json)), Watch::none()).unwrap();
    let mut asked = Dataset::new(&library).unwrap();
    asked.add_column("photo", ColumnType::Image).unwrap();
    asked.append_pixels("photo", &bar(true, 21), 48, 48, PixelFormat::Rgb).unwrap();
    asked.append_bytes("photo", b"no image").unwrap();
    let mut problems = Vec::new();
    let scores = model.predict(&asked, Watch::none().problem(|what| problems.push(what))).unwrap();
    let lying = model.outputs().iter().position(|name| name == "lying").unwrap();
    assert!(scores.row(0)[lying] > 0.5, "{:?}", scores.row(0));
    assert!(scores.row(1)[0].is_nan() && scores.status[1].is_some());
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].row, problems[0].column.as_str()), (1, "photo"));

    let mut scorer = Scorer::new(&model, None).unwrap();
    scorer.set_pixels("photo", &bar(true, 21), 48, 48, PixelFormat::Rgb).unwrap();
    assert_eq!(scorer.run().unwrap().values, scores.row(0));
    scorer.set_bytes("photo", b"no image").unwrap();
    let unscored = scorer.run().unwrap();
    assert_eq!((unscored.row(0)[0].is_nan(), unscored.status[0]), (true, scores.status[1]));
    assert_eq!(scorer.set_number("area", 1.0).unwrap_err().status, Status::NotFound);

    let mut embed = Options::new(&library, &[Job::Embed]).unwrap();
    embed.set_json(r#"{"backbone": "mobilenetv2_035", "weights": "random", "threads": 1}"#).unwrap();
    let vectorizer = Vectorizer::fit(&library, &data, Some(&embed), Watch::none()).unwrap();
    let embedded = vectorizer.run(&data, Watch::none()).unwrap();
    assert_eq!((embedded.width, embedded.status.len()), (1280, 24));
    let wrong = asked.append_pixels("photo", &[0; 10], 48, 48, PixelFormat::Rgb).unwrap_err();
    assert_eq!(wrong.status, Status::InvalidArgument);
}

#[test]
fn errors_say_what_and_why() {
    let library = Context::new().unwrap();
    let absent = Model::open(&library, "absent.imgvec", None).err().unwrap();
    assert_eq!((absent.status, absent.status.name()), (Status::NotFound, "NOT_FOUND"));
    assert!(absent.to_string().contains("absent.imgvec"), "{absent}");
    let mut options = Options::new(&library, &[Job::Train]).unwrap();
    assert_eq!(options.set("fold_count", 3).err().unwrap().status, Status::InvalidArgument);
    assert_eq!(options.set("target", "a\0b").err().unwrap().status, Status::InvalidArgument);
    assert_eq!(numbers(&library, 3).append_number("cost", 1.0).err().unwrap().status, Status::InvalidArgument);
}

#[test]
fn jobs_are_stopped_three_ways() {
    let library = Context::new().unwrap();
    let data = numbers(&library, 60);
    let options = options(&library, r#"{"target": "price"}"#);
    let stopped = Model::train(&library, &data, Some(&options), Watch::none().progress(|_| ControlFlow::Break(())));
    assert_eq!(stopped.err().unwrap().status, Status::Cancelled);
    let token = Cancel::new().unwrap();
    token.request();
    assert!(token.requested());
    let stopped = Model::train(&library, &data, Some(&options), Watch::none().cancel(&token));
    assert_eq!(stopped.err().unwrap().status, Status::Cancelled);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let watch = Watch::none().progress(|_| panic!("of the callback"));
        Model::train(&library, &data, Some(&options), watch).is_ok()
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"of the callback"));
}

#[test]
fn eight_threads_one_model() {
    let library = Context::new().unwrap();
    let data = numbers(&library, 40);
    let model = priced(&library, &data);
    let expected = model.predict(&data, Watch::none()).unwrap().values;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(model.predict(&data, Watch::none()).unwrap().values, expected);
                }
            });
        }
    });
}
