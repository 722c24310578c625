//! Refuses options that contradict each other, or that would have no effect.

use super::LoadSpec;
use anyhow::{Result, bail};
use flagpole_client::{ArrivalProcess, Stages, TargetOrder, ThinkTime};
use flagpole_protocol::spec::{self, DurationDisplay};

impl LoadSpec {
    /// Checks everything that follows from the options alone.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_targets()?;
        self.check_model()?;
        self.check_length()?;
        self.check_body()?;
        self.check_order()?;
        self.check_seed()?;
        self.check_shard()?;
        let policy = self.policy.policy(self.connections())?;
        drop(policy);
        Ok(())
    }

    fn check_targets(&self) -> Result<()> {
        if self.server.is_some() && self.profile.is_some() {
            bail!("expected only one of `profile` and `server`");
        }
        if self.scenario.is_some() {
            if !self.urls.is_empty() {
                bail!("expected only one of `urls` and `scenario`");
            }
            if self.think.is_some() {
                bail!("--think: has no effect with --scenario, which has its own `think`");
            }
        }
        if self.unix_socket.is_some() && self.has_own_server() {
            bail!("--unix-socket: flagpole's own server listens on a port; give a URL");
        }
        Ok(())
    }

    /// The closed model has connections, the open one rates.
    fn check_model(&self) -> Result<()> {
        let has_rates = matches!(self.stages, Some(Stages::Rates(_)));
        let concurrency = ("--concurrency", self.concurrency.is_some());
        let arrivals = ("--arrivals", self.arrivals.is_some());
        let max_in_flight = ("--max-in-flight", self.max_in_flight.is_some());
        let think = ("--think", self.think.is_some());
        let rate = ("--rate", self.rate.is_some());
        let (requests, duration) = (
            ("--requests", self.requests.is_some()),
            ("--duration", self.duration.is_some()),
        );
        let open_only = [arrivals, max_in_flight];
        let closed_only = [concurrency, think];
        let stages = ("--stages", self.stages.is_some());
        let (in_effect, without_effect) =
            match (&self.find_rate, &self.find_concurrency, &self.stages) {
                (Some(_), Some(_), _) => {
                    bail!("expected only one of `find_rate` and `find_concurrency`")
                }
                (Some(_), None, _) => ("--find-rate", vec![rate, stages, requests]),
                (None, Some(_), _) => (
                    "--find-concurrency",
                    vec![rate, stages, requests, concurrency],
                ),
                (None, None, Some(_)) => ("--stages", vec![rate, requests, duration]),
                (None, None, None) => ("", Vec::new()),
            };
        if let Some((option, _)) = without_effect.iter().find(|(_, is_given)| *is_given) {
            bail!("{option}: has no effect with {in_effect}");
        }
        if self.is_open() {
            if let Some((option, _)) = closed_only.iter().find(|(_, is_given)| *is_given) {
                let instead = match *option {
                    "--concurrency" => "; --max-in-flight limits the requests in flight",
                    _ => "",
                };
                bail!(
                    "{option}: has no effect with a rate, as arrivals do not wait for responses{instead}"
                );
            }
        } else if let Some((option, _)) = open_only.iter().find(|(_, is_given)| *is_given) {
            bail!("{option}: needs a rate: --rate, or --stages with rates");
        } else if self.stages.is_some() && !has_rates && self.concurrency.is_some() {
            bail!(
                "--concurrency: has no effect with --stages, which have the numbers of connections"
            );
        }
        Ok(())
    }

    /// As far as the number of shards is known.
    pub(super) fn check_shard(&self) -> Result<()> {
        let Some(choice) = self.shard else {
            return Ok(());
        };
        if self.search_condition().is_some() {
            bail!(
                "--shard: a search adapts the load to what one process measures; run what it finds in shards"
            );
        }
        if self.has_own_server() {
            bail!(
                "--shard: each shard would start its own server; start one with `flagpole serve`, and give its URL"
            );
        }
        let Some(shards) = choice.of() else {
            return Ok(());
        };
        let connections = self.connections() as u64;
        let requests = self.requests.map(|count| (count.0, "requests"));
        let counts = [(connections, "connections")].into_iter().chain(requests);
        for (count, noun) in counts {
            if count < shards {
                bail!("--shard: {count} {noun} are fewer than {shards} shards");
            }
        }
        Ok(())
    }

    fn check_length(&self) -> Result<()> {
        let (warm_up, duration) = (self.warm_up(), self.duration());
        if let (Some(_), Some(duration)) = (&self.stages, duration)
            && warm_up >= duration
        {
            let (warm_up, duration) = (DurationDisplay(warm_up), DurationDisplay(duration));
            bail!("--warm-up: expected less than the {duration} of --stages, got `{warm_up}`");
        }
        if duration.is_some_and(|duration| duration > spec::LONGEST) {
            bail!("--duration: a run takes at most 24h, with its warm-up");
        }
        Ok(())
    }

    fn check_body(&self) -> Result<()> {
        let has_body = self.body.is_some() || self.body_file.is_some();
        if self.body.is_some() && self.body_file.is_some() {
            bail!("--body-file: expected only one of `body` and `body_file`");
        }
        if self.content_type.is_some() && !has_body {
            bail!("--content-type: needs --body or --body-file");
        }
        if let (Some(body), None) = (&self.body, &self.method)
            && spec::duration(body).is_ok_and(|_| body != "0")
        {
            bail!(
                "--body: `{body}` is a duration, for which the option is `-z {body}`; a body of this text needs `-X POST`"
            );
        }
        Ok(())
    }

    fn check_order(&self) -> Result<()> {
        if self.order.is_some() && self.urls.len() < 2 {
            bail!("--order: needs several targets");
        }
        Ok(())
    }

    fn check_seed(&self) -> Result<()> {
        let is_random = self.arrivals == Some(ArrivalProcess::Poisson)
            || !matches!(self.order, None | Some(TargetOrder::Sequential))
            || self.scenario.is_some()
            || self.has_own_server()
            || self.think.is_some_and(ThinkTime::is_random);
        if self.seed.is_some() && !is_random {
            bail!(
                "--seed: has no effect: nothing is drawn without --arrivals poisson, --order shuffled or flagpole's own server"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(keys: &str) -> String {
        let spec = LoadSpec::parse(keys, "x.toml").unwrap();
        let checked = spec.check().map_err(|error| error.to_string());
        checked.err().unwrap_or_default()
    }

    #[test]
    fn option_of_the_other_model_is_refused() {
        for (keys, sentence) in [
            (
                "rate = '5/s'\nconcurrency = 3",
                "--concurrency: has no effect with a rate",
            ),
            (
                "rate = '5/s'\nthink = '1s'",
                "--think: has no effect with a rate",
            ),
            ("arrivals = 'poisson'", "--arrivals: needs a rate"),
            ("max_in_flight = 3", "--max-in-flight: needs a rate"),
            (
                "stages = '5s:1..5'\nconcurrency = 3",
                "--concurrency: has no effect with --stages",
            ),
            (
                "stages = '5s:1/s'\nrate = '1/s'",
                "--rate: has no effect with --stages",
            ),
            (
                "stages = '5s:1/s'\nrequests = 1",
                "--requests: has no effect with --stages",
            ),
            ("rate = '5/s'\nseed = 3", "--seed: has no effect"),
            (
                "find_rate = 'p99 < 5ms'\nrate = '1/s'",
                "--rate: has no effect with --find-rate",
            ),
            (
                "find_concurrency = 'p99 < 5ms'\nconcurrency = 1",
                "--concurrency: has no effect with --find-concurrency",
            ),
            ("order = 'shuffled'", "--order: needs several targets"),
            (
                "content_type = 'text/plain'",
                "--content-type: needs --body",
            ),
            (
                "body = '10s'",
                "--body: `10s` is a duration, for which the option is `-z 10s`",
            ),
        ] {
            assert!(error(keys).starts_with(sentence), "{keys}: {}", error(keys));
        }
    }

    #[test]
    fn options_that_belong_together_are_accepted() {
        for keys in [
            "",
            "concurrency = 8\nthink = '1s'\nrequests = 10\nduration = '5s'",
            "rate = '5/s'\narrivals = 'poisson'\nseed = 3\nrequests = 10",
            "stages = '5s:1..5/s'\nmax_in_flight = 3\nwarm_up = '1s'",
            "body = '10s'\nmethod = 'PUT'",
            "think = '1s..2s'\nseed = 3",
        ] {
            assert_eq!(error(keys), "", "{keys}");
        }
    }
}
