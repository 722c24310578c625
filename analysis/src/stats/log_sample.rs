//! Mean and variance of logarithms.

/// Samples that cannot be compared.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// Paired samples differ in number.
    #[error("expected equal numbers of samples, got {0} and {1}")]
    Unpaired(usize, usize),
    /// A single sample has no variance.
    #[error("expected at least 2 rounds, got {0}")]
    TooFew(usize),
    /// A ratio needs positive, finite values.
    #[error("expected values above 0, got `{0}`")]
    NotPositive(f64),
}

/// The mean and the variance of at least 2 logarithms.
pub(super) struct LogSample {
    pub(super) mean: f64,
    count: f64,
    variance: f64,
}

impl LogSample {
    pub(super) fn from_logs(logs: &[f64]) -> LogSample {
        let count = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / count;
        let squares = logs.iter().map(|log| (log - mean).powi(2));
        let variance = squares.sum::<f64>() / (count - 1.0);
        LogSample {
            mean,
            count,
            variance,
        }
    }

    pub(super) fn degrees_of_freedom(&self) -> f64 {
        self.count - 1.0
    }

    /// The square of the standard error of the mean.
    pub(super) fn squared_error(&self) -> f64 {
        self.variance / self.count
    }
}

/// The logarithms of at least 2 positive values.
pub(super) fn logs(values: &[f64]) -> Result<Vec<f64>, SampleError> {
    let log = |&value: &f64| {
        let is_positive = value > 0.0 && value.is_finite();
        let error = SampleError::NotPositive(value);
        is_positive.then(|| value.ln()).ok_or(error)
    };
    let logs: Vec<f64> = values.iter().map(log).collect::<Result<_, _>>()?;
    if logs.len() < 2 {
        return Err(SampleError::TooFew(logs.len()));
    }
    Ok(logs)
}
