//! `posts.csv`: code, name, agency, rank, superior. A post is a place in an agency that outlives who holds
//! it; the posts above it are the ladder along which a matter is pressed.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{
    Agencies, Directory,
    fields::{check_code, check_name},
    files::{Inspection, POSTS_FILE},
};

/// The centre's director where `posts.csv` names none: pressing never ends in silence.
pub const CENTRE_DIRECTOR: &str = "centre_director";

/// How high a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rank {
    /// Does the daily work.
    Staff,
    /// Answers for cases (民警, 干部).
    Officer,
    /// Leads an agency (所长, 负责人).
    Leader,
    /// Directs the centre, or stands as high (主任).
    Director,
}

/// A place in an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its code, unique in the county; acts name it as the capacity (S0-09).
    pub code: String,
    /// Its name: 派出所长.
    pub name: String,
    /// Its agency's code.
    pub agency: String,
    /// How high it is.
    pub rank: Rank,
    /// The post above it; where none is named, the centre's director is.
    pub superior: Option<String>,
}

/// The posts of a county.
#[derive(Debug)]
pub(super) struct Posts {
    /// In the file's order.
    posts: Vec<Post>,
    by_code: HashMap<String, usize>,
    leaders: HashMap<String, usize>,
    director: usize,
    /// Codes of rows that were refused: what names them is not refused too.
    refused: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostRow {
    code: String,
    name: String,
    agency: String,
    rank: Rank,
    #[serde(default)]
    superior: Option<String>,
}

impl Posts {
    /// Reads the file and checks each row against the agencies and the others. `desk` is the agency whose
    /// director is the centre's.
    pub(super) fn read(inspection: &mut Inspection<'_>, agencies: &Agencies, desk: &str) -> Self {
        let mut posts = Self {
            posts: Vec::new(),
            by_code: HashMap::new(),
            leaders: HashMap::new(),
            director: 0,
            refused: HashSet::new(),
        };
        let mut lines = Vec::new();
        inspection.each(POSTS_FILE, |line, row: PostRow| {
            let code = row.code.clone();
            match posts.add(row, agencies, desk) {
                Ok(()) => lines.push(line),
                Err(reason) => {
                    posts.refused.insert(code);
                    return Err(reason);
                }
            }
            Ok(())
        });
        posts.appoint(desk);
        for (post, line) in posts.posts.iter().zip(&lines) {
            if let Some(superior) = &post.superior
                && let Err(reason) = posts.check(superior)
            {
                inspection.mistake(POSTS_FILE, *line, format!("the superior: {reason}"));
            }
        }
        for circle in posts.circles() {
            let codes: Vec<&str> = circle.iter().map(|at| posts.posts[*at].code.as_str()).collect();
            let line = circle.first().and_then(|at| lines.get(*at)).copied().unwrap_or(0);
            let reason =
                format!("the superiors go round: {} > {}", codes.join(" > "), codes.first().unwrap_or(&""));
            inspection.mistake(POSTS_FILE, line, reason);
        }
        posts
    }

    fn add(&mut self, row: PostRow, agencies: &Agencies, desk: &str) -> Result<(), String> {
        let PostRow { code, name, agency, rank, superior } = row;
        check_code(&code)?;
        check_name(&name, "a post")?;
        agencies.check(&agency)?;
        if self.by_code.contains_key(&code) {
            return Err(format!("{code} is there twice"));
        }
        if code == CENTRE_DIRECTOR && (agency != desk || rank != Rank::Director) {
            return Err(format!("{CENTRE_DIRECTOR} is the code of the director of {desk}"));
        }
        self.keep(Post { code, name, agency, rank, superior });
        Ok(())
    }

    fn keep(&mut self, post: Post) {
        let at = self.posts.len();
        if post.rank >= Rank::Leader {
            let leader = self.leaders.entry(post.agency.clone()).or_insert(at);
            // The highest leads; of two as high, the one that the file names first.
            if *leader != at && self.posts[*leader].rank < post.rank {
                *leader = at;
            }
        }
        self.by_code.insert(post.code.clone(), at);
        self.posts.push(post);
    }

    /// Finds the centre's director, or makes the post.
    fn appoint(&mut self, desk: &str) {
        let named = self.posts.iter().position(|post| post.agency == desk && post.rank == Rank::Director);
        self.director = named.unwrap_or(self.posts.len());
        if named.is_none() {
            self.keep(Post {
                code: CENTRE_DIRECTOR.to_owned(),
                name: "综治中心主任".to_owned(),
                agency: desk.to_owned(),
                rank: Rank::Director,
                superior: None,
            });
        }
    }

    fn above(&self, at: usize) -> Option<usize> {
        self.posts[at].superior.as_ref().and_then(|superior| self.by_code.get(superior)).copied()
    }

    /// Each ring of superiors, once.
    fn circles(&self) -> Vec<Vec<usize>> {
        let mut walked = vec![false; self.posts.len()];
        let mut circles = Vec::new();
        for start in 0..self.posts.len() {
            let mut path = Vec::new();
            let mut next = Some(start);
            while let Some(here) = next {
                if walked[here] {
                    if let Some(begin) = path.iter().position(|at| *at == here) {
                        circles.push(path.split_off(begin));
                    }
                    break;
                }
                walked[here] = true;
                path.push(here);
                next = self.above(here);
            }
        }
        circles
    }

    fn get(&self, code: &str) -> Option<&Post> {
        self.by_code.get(code).map(|at| &self.posts[*at])
    }

    /// That a row of another file may name this post.
    pub(super) fn check(&self, code: &str) -> Result<(), String> {
        if self.by_code.contains_key(code) || self.refused.contains(code) {
            return Ok(());
        }
        Err(format!("the post {code} is not in posts.csv"))
    }
}

impl Directory {
    /// All posts in the file's order; at the end the centre's director, where the file has none.
    #[must_use]
    pub fn posts(&self) -> &[Post] {
        &self.posts.posts
    }

    /// The post with this code.
    #[must_use]
    pub fn post(&self, code: &str) -> Option<&Post> {
        self.posts.get(code)
    }

    /// The post that leads an agency: its highest of leaders and directors.
    #[must_use]
    pub fn leader_of(&self, agency: &str) -> Option<&Post> {
        self.posts.leaders.get(agency).map(|at| &self.posts.posts[*at])
    }

    /// The centre's director.
    #[must_use]
    pub fn director(&self) -> &Post {
        &self.posts.posts[self.posts.director]
    }

    /// The post above a post; the centre's director where none is named, the post is unknown, or it is the
    /// director's own.
    #[must_use]
    pub fn superior_of(&self, post: &str) -> &Post {
        let superior = self.post(post).and_then(|post| post.superior.as_deref());
        superior.and_then(|code| self.post(code)).unwrap_or_else(|| self.director())
    }

    /// Whom a matter of an agency is taken to, one after the other: its leader, each post above, and last
    /// the centre's director. Nobody stands on it twice.
    #[must_use]
    pub fn ladder(&self, agency: &str) -> Vec<&Post> {
        let director = self.director();
        let mut ladder = Vec::new();
        let mut next = self.leader_of(agency);
        // Ends: superiors that go round were refused when the file was read.
        while let Some(post) = next.filter(|post| post.code != director.code) {
            ladder.push(post);
            next = post.superior.as_deref().and_then(|code| self.post(code));
        }
        ladder.push(director);
        ladder
    }

    /// The agencies of an agency's line, from itself upwards: those whose posts stand on its ladder. Ends
    /// with the centre (S2-09).
    #[must_use]
    pub fn line_of<'a>(&'a self, agency: &'a str) -> Vec<&'a str> {
        let mut line = vec![agency];
        for post in self.ladder(agency) {
            if !line.contains(&post.agency.as_str()) {
                line.push(&post.agency);
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::fixture::{mistakes, with},
        *,
    };

    const POSTS: &str = "code,name,agency,rank,superior\n\
        chief,派出所长,police,leader,bureau\n\
        deputy,副所长,police,leader,chief\n\
        officer,民警,police,officer,chief\n\
        bureau,公安局长,justice,director,\n\
        clerk,调解员,court,staff,\n";

    fn codes<'a>(posts: impl IntoIterator<Item = &'a Post>) -> Vec<&'a str> {
        posts.into_iter().map(|post| post.code.as_str()).collect()
    }

    #[test]
    fn the_ladder_ends_with_the_director_of_the_centre() {
        let directory = with(&[("posts.csv", POSTS)]).unwrap();
        assert_eq!(directory.leader_of("police").unwrap().code, "chief", "of two as high the first");
        assert!(directory.leader_of("court").is_none(), "staff do not lead");
        assert_eq!(codes(directory.ladder("police")), ["chief", "bureau", CENTRE_DIRECTOR]);
        assert_eq!(codes(directory.ladder("court")), [CENTRE_DIRECTOR]);
        assert_eq!(codes(directory.ladder("nobody")), [CENTRE_DIRECTOR]);
        assert_eq!(directory.superior_of("officer").code, "chief");
        assert_eq!(directory.superior_of("bureau").code, CENTRE_DIRECTOR, "never silence");
        assert_eq!(directory.superior_of("nobody").code, CENTRE_DIRECTOR);
        assert_eq!(directory.superior_of(CENTRE_DIRECTOR).code, CENTRE_DIRECTOR);
        assert_eq!(directory.line_of("police"), ["police", "justice", "centre"]);
    }

    #[test]
    fn the_director_of_the_file_goes_before_the_built_in_one() {
        let built_in = with(&[]).unwrap();
        assert_eq!((built_in.director().code.as_str(), built_in.posts().len()), (CENTRE_DIRECTOR, 1));
        assert_eq!(built_in.director().agency, "centre");
        let directory = with(&[(
            "posts.csv",
            "code,name,agency,rank,superior\n\
             boss,主任,centre,director,secretary\n\
             secretary,县委书记,court,director,\n\
             chief,所长,police,leader,boss\n",
        )])
        .unwrap();
        assert_eq!(directory.director().code, "boss");
        assert!(directory.post(CENTRE_DIRECTOR).is_none());
        assert_eq!(codes(directory.ladder("police")), ["chief", "boss"], "not beyond the director");
        assert_eq!(directory.superior_of("boss").code, "secretary");
        let own = with(&[("posts.csv", "code,name,agency,rank\ncentre_director,主任,centre,director\n")]);
        assert_eq!(own.unwrap().posts().len(), 1, "the last column may be missing");
    }

    #[test]
    fn mistakes_of_posts_are_named() {
        let found = mistakes(&[(
            "posts.csv",
            "code,name,agency,rank,superior\n\
             a,甲,police,leader,b\n\
             b,乙,police,leader,c\n\
             c,丙,police,leader,b\n\
             d,丁,police,leader,d\n\
             e,戊,nobody,leader,\n\
             f,己,police,leader,e\n\
             g,庚,police,leader,nobody\n\
             g,庚,police,leader,\n\
             h h,辛,police,leader,\n\
             i,,police,leader,\n\
             j,壬,police,mayor,\n\
             centre_director,主任,centre,leader,\n",
        )]);
        let said = [
            "posts.csv:3: the superiors go round: b > c > b",
            "posts.csv:5: the superiors go round: d > d",
            "posts.csv:6: the agency nobody is not in agencies.csv",
            "posts.csv:8: the superior: the post nobody is not in posts.csv",
            "posts.csv:9: g is there twice",
            "posts.csv:10: a code has",
            "posts.csv:11: a post needs a name",
            "posts.csv:12: unknown variant `mayor`",
            "posts.csv:13: centre_director is the code of the director of centre",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{said}: {found}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever is above what: it is refused as going round, or every ladder ends with the director,
        /// with nobody on it twice, and so does asking for the superior again and again.
        #[test]
        fn ladders_end(above in prop::collection::vec((prop::option::of(0usize..12), 0usize..4), 1..12)) {
            const RANKS: [&str; 4] = ["staff", "officer", "leader", "director"];
            const AGENCIES: [&str; 3] = ["centre", "police", "court"];
            let mut text = "code,name,agency,rank,superior\n".to_owned();
            for (index, (superior, rank)) in above.iter().enumerate() {
                let superior = superior.map_or(String::new(), |s| format!("p{}", s % above.len()));
                text.push_str(&format!("p{index},职,{},{},{superior}\n", AGENCIES[index % 3], RANKS[*rank]));
            }
            match with(&[("posts.csv", &text)]) {
                Err(found) => {
                    for mistake in found {
                        prop_assert!(mistake.contains("go round"), "{}", mistake);
                    }
                }
                Ok(directory) => {
                    for agency in AGENCIES {
                        let ladder = codes(directory.ladder(agency));
                        prop_assert_eq!(*ladder.last().unwrap(), directory.director().code.as_str());
                        let mut once = ladder.clone();
                        once.sort_unstable();
                        once.dedup();
                        prop_assert_eq!(once.len(), ladder.len());
                    }
                    for post in directory.posts() {
                        let mut here = post;
                        for _ in 0..=directory.posts().len() {
                            if here.code == directory.director().code {
                                break;
                            }
                            here = directory.superior_of(&here.code);
                        }
                        prop_assert_eq!(&here.code, &directory.director().code);
                    }
                }
            }
        }
    }
}
