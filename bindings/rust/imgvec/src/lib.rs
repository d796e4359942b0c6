//! Images, alone or mixed with other columns, into trained models and embeddings: a safe layer on
//! the installed libimgvec.
//!
//! ```no_run
//! # fn main() -> Result<(), imgvec::Error> {
//! let library = imgvec::Context::new()?;
//! let photos = imgvec::Dataset::open(&library, "photos.zip", None, imgvec::Watch::none())?;
//! let model = imgvec::Model::train(&library, &photos, None, imgvec::Watch::none())?;
//! model.save("photos.imgvec")?;
//! let scores = model.predict(&photos, imgvec::Watch::none())?;
//! println!("{:?}: {:?}", model.outputs(), scores.row(0));
//! # Ok(())
//! # }
//! ```
//!
//! Threads: models and vectorizers score from many threads at once, datasets, options and contexts
//! are read by many and changed by one, as the borrow checker has it. Handles keep what they need:
//! they may be dropped in any order.

mod context;
mod dataset;
mod error;
mod model;
mod scorer;
mod watch;

pub use context::{version, Context, Job, Options};
pub use dataset::{ColumnType, Dataset, PixelFormat};
pub use error::{Error, Result, Status};
pub use model::{Model, Scores, Vectorizer};
pub use scorer::Scorer;
pub use watch::{Cancel, Problem, Progress, Watch};
