//! A real Chromium at the services' web pages, driven over WebDriver; nothing of it is for anything but tests.
//!
//! Chromium and its driver are Debian's packages `chromium` and `chromium-driver`. The rules of accessibility are
//! axe-core's, whose file `tests/run desk` or `board` fetches and names in `FENGQIAO_AXE`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Mutex,
    time::Duration,
};

use fengqiao_stack::{free_port, page_account::PageAccount};
use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::{error::WebDriverErrorInner, prelude::*};
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

/// The milliseconds until each page's first picture.
static FIRST_PICTURES: Mutex<Vec<f64>> = Mutex::new(Vec::new());
/// So often a live page may take away what was just found.
const PLACES_TAKEN: usize = 10;
/// How long the driver may take to begin.
const DRIVER_WITHIN: Duration = Duration::from_secs(20);

/// A browser with nobody's cookies.
pub struct Browser {
    /// The browser.
    pub driver: WebDriver,
    process: Child,
    _profile: TempDir,
    pictures: PathBuf,
}

impl Browser {
    /// Starts one of its own, on a screen of this size; `language` is what it asks for.
    ///
    /// # Panics
    /// Where Chromium or its driver is not there.
    pub async fn start(width: u32, height: u32, language: &str) -> Self {
        let port = free_port().expect("a port");
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver, of the package chromium-driver");
        let profile = tempfile::tempdir().expect("a folder");
        let mut wanted = DesiredCapabilities::chrome();
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            // The stack's certificates are its own authority's.
            "--ignore-certificate-errors".to_owned(),
            "--no-proxy-server".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={width},{height}"),
            format!("--lang={language}"),
            format!("--accept-lang={language}"),
        ];
        for argument in arguments {
            wanted.add_arg(&argument).expect("an argument");
        }
        let end = Instant::now() + DRIVER_WITHIN;
        let driver = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), wanted.clone()).await {
                Ok(driver) => break driver,
                Err(error) => assert!(Instant::now() < end, "no browser: {error}"),
            }
            sleep(Duration::from_millis(100)).await;
        };
        Self { driver, process, _profile: profile, pictures: pictures() }
    }

    /// Goes to an address and waits until it is shown.
    ///
    /// # Panics
    /// Where it cannot be shown.
    pub async fn go(&self, address: &str) {
        self.driver.goto(address).await.expect("a page");
    }

    /// What fits a selector, soon.
    ///
    /// # Panics
    /// Where nothing does.
    pub async fn find(&self, css: &str) -> WebElement {
        match self.driver.query(By::Css(css)).first().await {
            Ok(found) => found,
            Err(error) => panic!("{css} is not on {}: {error}", self.text("body").await),
        }
    }

    /// Whether something fits a selector now.
    ///
    /// # Panics
    /// Where the browser is gone.
    pub async fn has(&self, css: &str) -> bool {
        !self.driver.find_all(By::Css(css)).await.expect("a browser").is_empty()
    }

    /// The text of what fits a selector. A page that is live may put another in its place between finding and reading.
    ///
    /// # Panics
    /// Where nothing does.
    pub async fn text(&self, css: &str) -> String {
        for _ in 0..PLACES_TAKEN {
            let found = self.driver.find(By::Css(css)).await.expect("an element");
            match found.text().await {
                Err(error) if is_taken_away(&error) => {}
                text => return text.expect("its text"),
            }
        }
        panic!("{css} does not stay on the page")
    }

    /// Types into a field.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.send_keys(text).await.expect("a field");
    }

    /// Presses a button or follows a link, and waits for the page that follows. A live page may take it away before.
    ///
    /// # Panics
    /// Where there is none, or no page follows.
    pub async fn press(&self, css: &str) {
        let before = self.driver.find(By::Css("html")).await.expect("a page");
        for _ in 0..PLACES_TAKEN {
            match self.find(css).await.click().await {
                Err(error) if is_taken_away(&error) => {}
                pressed => {
                    pressed.expect("something to press");
                    return self.left(&before).await;
                }
            }
        }
        panic!("{css} does not stay on the page")
    }

    /// Waits until a page is gone, of which this is an element.
    ///
    /// # Panics
    /// Where it stays.
    pub async fn left(&self, element: &WebElement) {
        let end = Instant::now() + Duration::from_secs(20);
        while element.tag_name().await.is_ok() {
            assert!(Instant::now() < end, "the page stays: {}", self.text("body").await);
            sleep(Duration::from_millis(20)).await;
        }
        while self.run("return document.readyState").await != "complete" {
            assert!(Instant::now() < end, "the page does not come");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What a script gives in the page. The page's own rules allow none; the driver is not bound by them.
    ///
    /// # Panics
    /// Where it fails.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.expect("a script").json().clone()
    }

    /// Keeps a picture of the page under `target/desk` or `target/board`: by the test.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub async fn picture(&self, name: &str) {
        let file = self.pictures.join(format!("{name}.png"));
        self.driver.screenshot(&file).await.expect("a picture");
    }

    /// What axe-core finds wrong with the page for people with a disability: each rule with where.
    ///
    /// # Panics
    /// Where axe-core is not there.
    pub async fn barriers(&self) -> Vec<String> {
        let file =
            std::env::var_os("FENGQIAO_AXE").expect("FENGQIAO_AXE names axe-core's file; see tests/run");
        let axe = fs::read_to_string(file).expect("axe-core");
        self.driver.execute(axe.as_str(), Vec::new()).await.expect("axe-core runs");
        let script =
            "const done = arguments[arguments.length - 1]; axe.run(document).then(r => done(r.violations))";
        let found = self.driver.execute_async(script, Vec::new()).await.expect("axe-core's findings");
        let found = found.json().as_array().cloned().unwrap_or_default();
        found.iter().map(|one| format!("{}: {}", one["id"], one["nodes"][0]["html"])).collect()
    }

    /// Signs in on a site's page for it.
    ///
    /// # Panics
    /// Where there is no such page.
    pub async fn sign_in(&self, site: &str, name: &str, password: &str) {
        self.go(&format!("{site}/")).await;
        self.fill("#name", name).await;
        self.fill("#password", password).await;
        self.press("form[action='/sign-in'] button").await;
    }

    /// Signs in for the first time, and takes a password of one's own.
    ///
    /// # Panics
    /// Where there is no such page.
    pub async fn sign_in_first(&self, site: &str, account: &PageAccount, own: &str) {
        self.sign_in(site, &account.name, &account.first_password).await;
        self.fill("#old", &account.first_password).await;
        self.fill("#new", own).await;
        self.fill("#again", own).await;
        self.press("form[action='/password'] button").await;
    }

    /// That nobody is shut out, that the page weighs at most so many bytes, and how soon it is there; keeps its picture.
    ///
    /// # Panics
    /// Where it is not so.
    pub async fn is_open_and_light(&self, name: &str, most_bytes: u64) {
        self.picture(name).await;
        assert_eq!(self.barriers().await, Vec::<String>::new(), "{name}");
        let (bytes, first) = self.weight_and_first_picture().await;
        eprintln!("{name}: {bytes} bytes, first picture after {first:.0} ms");
        assert!(bytes < most_bytes, "{name}: {bytes} bytes");
        FIRST_PICTURES.lock().unwrap().push(first);
    }

    /// Ends it; half of the pages shown until now had their first picture within so many milliseconds, and a machine that
    /// does other things at the same time is no slower than six times that.
    ///
    /// # Panics
    /// Where it is not so.
    pub async fn end(self, median_ms: f64) {
        self.driver.clone().quit().await.unwrap();
        let mut all = FIRST_PICTURES.lock().unwrap().clone();
        all.sort_by(f64::total_cmp);
        if let (Some(median), Some(slowest)) = (all.get(all.len() / 2), all.last()) {
            eprintln!(
                "first picture: {median:.0} ms in the median of {} pages, {slowest:.0} ms at most",
                all.len()
            );
            assert!(*median < median_ms && *slowest < 6.0 * median_ms, "{all:?}");
        }
    }

    /// The bytes of the page with all that it loads, and the milliseconds to its first picture.
    ///
    /// # Panics
    /// Where the browser does not say.
    pub async fn weight_and_first_picture(&self) -> (u64, f64) {
        let script = "
            const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
            const paint = performance.getEntriesByName('first-contentful-paint')[0];
            return [all.reduce((sum, one) => sum + one.decodedBodySize, 0), paint ? paint.startTime : -1];
        ";
        let said = self.run(script).await;
        (said[0].as_f64().expect("bytes") as u64, said[1].as_f64().expect("milliseconds"))
    }
}

/// Whether an element is gone since it was found.
fn is_taken_away(error: &WebDriverError) -> bool {
    matches!(error.as_inner(), WebDriverErrorInner::StaleElementReference(_))
}

impl Drop for Browser {
    /// The driver and the browser that it started end together.
    fn drop(&mut self) {
        let group = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group {
            // Fails only where they have ended.
            let _ = nix::sys::signal::killpg(
                nix::unistd::Pid::from_raw(group),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
    }
}

/// Where pictures are kept: beside what cargo builds.
fn pictures() -> PathBuf {
    let program = std::env::current_exe().expect("this program");
    let name = program.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    // Programs of tests are named like the test, with a sum behind it.
    let test = name.split('-').next().unwrap_or(name).to_owned();
    let target = program.ancestors().find(|folder| folder.ends_with("debug") || folder.ends_with("release"));
    let folder = target.and_then(Path::parent).expect("the target folder").join(test);
    fs::create_dir_all(&folder).expect("a folder for pictures");
    folder
}
