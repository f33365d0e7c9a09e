//! The doors: who uses them for what, what they ask for, and their own words for kinds of matter.

use crate::{
    dice::Dice,
    matters::{Against, Matter, Register},
};

/// A door, with its habits.
pub struct Source {
    /// Its name in the contract.
    pub name: &'static str,
    /// How it writes.
    pub register: Register,
    /// How its numbers begin.
    pub prefix: &'static str,
    /// Whether its area codes are of grids.
    pub knows_grids: bool,
    /// How often it has no phone, as a factor to the county's rate.
    pub phone_missing: f64,
    /// How often it has an id number.
    pub id_given: f64,
    /// How often it has 王女士 for a name.
    pub alias: f64,
    /// How often it has no name, as a factor to the county's rate.
    pub name_missing: f64,
    /// How often it has no address.
    pub address_missing: f64,
    /// How often it has the place where it happened, as a factor to the county's rate.
    pub incident_address: f64,
    /// How often it is used, where nothing speaks for or against it.
    weight: f64,
    words: fn(&str) -> &'static [&'static str],
}

/// All doors.
pub static SOURCES: [Source; 10] = [
    Source {
        name: "POLICE_110",
        register: Register::Police,
        prefix: "JJ",
        knows_grids: false,
        phone_missing: 0.5,
        id_given: 0.12,
        alias: 0.3,
        name_missing: 1.5,
        address_missing: 0.03,
        incident_address: 1.5,
        weight: 0.3,
        words: police_words,
    },
    Source {
        name: "HOTLINE_12345",
        register: Register::Formal,
        prefix: "GD",
        knows_grids: false,
        phone_missing: 0.4,
        id_given: 0.04,
        alias: 0.24,
        name_missing: 1.0,
        address_missing: 0.05,
        incident_address: 1.0,
        weight: 0.3,
        words: hotline_words,
    },
    Source {
        name: "GRID",
        register: Register::Dialect,
        prefix: "WG",
        knows_grids: true,
        phone_missing: 2.2,
        id_given: 0.06,
        alias: 0.34,
        name_missing: 1.0,
        address_missing: 0.04,
        incident_address: 0.9,
        weight: 0.17,
        words: grid_words,
    },
    Source {
        name: "COURT",
        register: Register::Court,
        prefix: "(2026)鄂1181民诉前调",
        knows_grids: false,
        phone_missing: 2.5,
        id_given: 0.93,
        alias: 0.0,
        name_missing: 0.0,
        address_missing: 0.02,
        incident_address: 0.0,
        weight: 0.14,
        words: court_words,
    },
    Source {
        name: "WOMENS_FEDERATION",
        register: Register::Plain,
        prefix: "FL",
        knows_grids: false,
        phone_missing: 1.0,
        id_given: 0.4,
        alias: 0.12,
        name_missing: 0.7,
        address_missing: 0.2,
        incident_address: 0.2,
        weight: 0.0,
        words: federation_words,
    },
    Source {
        name: "PETITION",
        register: Register::Formal,
        prefix: "XF",
        knows_grids: false,
        phone_missing: 1.0,
        id_given: 0.85,
        alias: 0.02,
        name_missing: 0.2,
        address_missing: 0.1,
        incident_address: 0.3,
        weight: 0.06,
        words: petition_words,
    },
    Source {
        name: "WALK_IN",
        register: Register::Plain,
        prefix: "LF",
        knows_grids: false,
        phone_missing: 1.0,
        id_given: 0.6,
        alias: 0.06,
        name_missing: 0.2,
        address_missing: 0.1,
        incident_address: 0.6,
        weight: 0.08,
        words: grid_words,
    },
    Source {
        name: "ONE_KEY_CALL",
        register: Register::Police,
        prefix: "YJ",
        knows_grids: true,
        phone_missing: 0.0,
        id_given: 0.25,
        alias: 0.05,
        name_missing: 0.0,
        address_missing: 0.0,
        incident_address: 0.0,
        weight: 0.02,
        words: police_words,
    },
    Source {
        name: "MEETING",
        register: Register::Dialect,
        prefix: "HY",
        knows_grids: true,
        phone_missing: 4.0,
        id_given: 0.02,
        alias: 0.4,
        name_missing: 1.0,
        address_missing: 0.4,
        incident_address: 1.0,
        weight: 0.03,
        words: grid_words,
    },
    Source {
        name: "ENTERPRISE",
        register: Register::Formal,
        prefix: "QY",
        knows_grids: false,
        phone_missing: 0.3,
        id_given: 0.1,
        alias: 0.25,
        name_missing: 0.5,
        address_missing: 0.3,
        incident_address: 1.0,
        weight: 0.0,
        words: hotline_words,
    },
];

/// The door that somebody takes for a matter; many take the one that they took before.
pub fn choose(matter: &Matter, before: Option<&'static Source>, dice: &mut Dice) -> &'static Source {
    if let Some(before) = before
        && before.name != "COURT"
        && dice.happens(0.4)
    {
        return before;
    }
    dice.weighted(&SOURCES, |source| match source.name {
        // Nobody goes to court twice about one matter.
        "COURT" if !matter.is_for_courts() || before.is_some_and(|before| before.name == "COURT") => 0.0,
        "WOMENS_FEDERATION" if matter.kind == "marriage_family" => 0.2,
        "ENTERPRISE" if matches!(matter.kind.as_str(), "production" | "contract" | "labour") => 0.08,
        "POLICE_110" if matter.against == Against::Nobody => 0.1,
        _ => source.weight,
    })
}

impl Source {
    /// The door's own word for a kind of matter.
    pub fn category(&self, kind: &str, dice: &mut Dice) -> &'static str {
        let words = (self.words)(kind);
        if words.is_empty() { "" } else { dice.word(words) }
    }
}

/// The twelve of police mediation, and what the first entry says.
fn police_words(kind: &str) -> &'static [&'static str] {
    match kind {
        "marriage_family" => &["家庭婚恋", "家庭婚恋", "02", "家庭纠纷"],
        "neighbourhood" | "property" | "environment" => &["邻居", "邻居", "邻里纠纷", "噪音", "其他"],
        "consumer" | "e_commerce" | "tourism" => &["消费"],
        "migrant_wages" | "labour" => &["劳务劳资"],
        "contract" | "production" => &["经济", "租赁"],
        "medical" => &["医疗"],
        "demolition" => &["征地拆迁"],
        "forest_land" | "house_site" => &["陆上水域权属", "邻居", "其他"],
        "traffic" => &["交通事故"],
        "damage" => &["其他", "打架斗殴", "邻居"],
        _ => &["其他", "求助"],
    }
}

/// The hotline's own list, which no standard knows, beside the newer seventeen.
fn hotline_words(kind: &str) -> &'static [&'static str] {
    match kind {
        "marriage_family" => &["婚恋家庭", "家庭纠纷"],
        "neighbourhood" => &["邻里", "邻里纠纷", "噪音", "物权相关"],
        "house_site" => &["房屋和宅基地", "农村宅基地", "物权相关", "城乡建设发展"],
        "contract" => &["合同及相关", "金融借贷", "租赁", "房地产开发"],
        "production" => &["其他民商事", "经济活动", "企业服务"],
        "damage" => &["侵权相关", "人格权"],
        "forest_land" => &["土地及资源权属", "农村土地承包"],
        "demolition" => &["征地拆迁", "城乡建设发展"],
        "environment" => &["噪音", "环境污染", "扰民", "生态环境-噪声污染"],
        "migrant_wages" => &["欠薪", "劳动人事", "拖欠工资"],
        "labour" => &["劳动人事", "劳动保障"],
        "tourism" => &["旅游"],
        "e_commerce" => &["网购", "消费维权"],
        "consumer" => &["消费维权", "市场监管-消费纠纷"],
        "medical" => &["医疗卫生", "卫生健康"],
        "traffic" => &["交通", "交通管理"],
        "property" => &["物业", "停水", "供水", "物业管理", "住建-物业服务"],
        _ => &["咨询", "求助", "其他", "涉组织涉纪检"],
    }
}

/// The grid application's list 00 to 24.
fn grid_words(kind: &str) -> &'static [&'static str] {
    match kind {
        "marriage_family" => &["婚姻家庭", "16"],
        "neighbourhood" => &["邻里关系", "17"],
        "house_site" => &["房产物业", "边界管理", "城乡建设管理"],
        "contract" | "production" => &["经济合同金融借贷", "14"],
        "damage" => &["人身伤害", "损害赔偿"],
        "forest_land" => &["土地山林水利权属", "04"],
        "demolition" => &["农村集体土地征用流转", "国有土地拆迁", "01"],
        "environment" => &["环境保护", "05"],
        "migrant_wages" | "labour" => &["劳动社保", "08"],
        "tourism" | "e_commerce" | "consumer" => &["消费维权/产品质量", "消费维权"],
        "medical" => &["医疗卫生"],
        "traffic" => &["交通事故"],
        "property" => &["房产物业", "12"],
        _ => &["村务管理", "其他", "无"],
    }
}

/// Causes of action.
fn court_words(kind: &str) -> &'static [&'static str] {
    match kind {
        "marriage_family" => &["离婚", "离婚纠纷", "婚恋家庭", "抚养费纠纷"],
        "contract" => &["合同及相关", "民间借贷纠纷", "租赁"],
        "damage" => &["侵权相关", "身体权纠纷"],
        "traffic" => &["机动车交通事故责任纠纷", "交通事故"],
        "migrant_wages" => &["劳务合同纠纷", "劳动人事"],
        "labour" => &["劳动争议", "劳动人事"],
        "medical" => &["医疗损害责任纠纷", "医患纠纷"],
        "property" => &["物业服务合同纠纷"],
        _ => &["其他民商事"],
    }
}

fn federation_words(kind: &str) -> &'static [&'static str] {
    match kind {
        "marriage_family" => &["婚姻家庭", "家暴", "离婚", "婚姻家庭权益"],
        _ => &["其他"],
    }
}

/// The petition office's twenty-eight.
fn petition_words(kind: &str) -> &'static [&'static str] {
    match kind {
        "marriage_family" => &["婚姻家庭"],
        "neighbourhood" => &["邻里纠纷"],
        "house_site" => &["房屋和宅基地"],
        "contract" => &["合同履行"],
        "production" => &["经济活动"],
        "damage" => &["司法活动", "其他"],
        "forest_land" => &["山林土地"],
        "demolition" => &["征地拆迁"],
        "environment" => &["环境生态"],
        "migrant_wages" | "labour" => &["劳资纠纷"],
        "medical" => &["医患纠纷"],
        "traffic" => &["交通及生产安全"],
        "property" => &["物业管理"],
        _ => &["村(社区)务管理", "干部作风", "农村\"三资\"", "其他"],
    }
}
