//! The topics of disputes and calls for help, by the words that 110, the hotline, grid workers and courts use.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Topic;

/// Whom a topic befalls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Many households with one matter.
    Neighbourhood,
    /// Many workers of one employer, wherever they live.
    Employer,
    /// One household and its opponent.
    Household,
    /// It comes with disputes of any kind, and is the topic where no other is named.
    Beside,
}
use Scope::{Beside, Employer, Household, Neighbourhood};

/// A topic's name, whom it befalls, and its words.
type Entry = (&'static str, Scope, &'static [&'static str]);

const TOPICS: &[Entry] = &[
    (
        "no water",
        Neighbourhood,
        &["停水", "断水", "没水", "水压低", "水压不足", "无水可用", "自来水", "供水", "没有水"],
    ),
    ("no power", Neighbourhood, &["停电", "断电", "跳闸", "没电", "供电", "电压不稳"]),
    ("no heating or gas", Neighbourhood, &["停暖", "不供暖", "暖气不热", "停气", "断气", "燃气"]),
    (
        "building noise",
        Neighbourhood,
        &[
            "工地噪",
            "夜间施工",
            "施工噪",
            "施工扰民",
            "工地扰民",
            "半夜施工",
            "打桩",
            "施工到",
            "通宵施工",
            "夜里施工",
        ],
    ),
    ("dust", Neighbourhood, &["扬尘", "灰尘", "渣土", "粉尘"]),
    ("square dancing", Neighbourhood, &["广场舞", "音响", "跳舞"]),
    (
        "music at night",
        Neighbourhood,
        &["ktv", "歌厅", "酒吧", "夜总会", "娱乐场所", "音乐会所", "烧烤摊", "夜市"],
    ),
    (
        "smell or waste water",
        Neighbourhood,
        &["臭味", "异味", "恶臭", "污水", "排污", "养殖场", "养猪", "猪场", "废气", "黑烟", "油烟", "臭气"],
    ),
    ("lift", Neighbourhood, &["电梯"]),
    ("property fee", Neighbourhood, &["物业费", "物管费", "停车费", "物业服务", "更换物业", "物业公司"]),
    (
        "owners",
        Neighbourhood,
        &["业委会", "业主大会", "公共收益", "换物业", "新老物业", "新旧物业", "物业交接"],
    ),
    ("rubbish", Neighbourhood, &["垃圾", "脏乱差"]),
    ("street lamps", Neighbourhood, &["路灯"]),
    (
        "road",
        Neighbourhood,
        &[
            "路面",
            "坑洼",
            "道路破损",
            "修路",
            "井盖",
            "下水道",
            "路烂",
            "烂路",
            "道路损毁",
            "道路塌",
            "路塌",
            "主路",
            "通组",
            "通村",
            "硬化",
            "道路修复",
            "道路维修",
            "泥巴路",
            "道路损坏",
            "坑坑洼洼",
        ],
    ),
    ("parking", Household, &["停车", "车位", "挪车", "堵车库", "占车位", "堵车", "堵门", "堵在", "停在路中"]),
    ("unfinished estate", Neighbourhood, &["烂尾", "延期交房", "交房", "不动产证", "办证", "房产证"]),
    (
        "leak",
        Household,
        &[
            "漏水",
            "渗水",
            "渗漏",
            "滴水",
            "天花板湿",
            "泡水",
            "浸水",
            "漏湿",
            "水管破",
            "发霉",
            "漏到",
            "渗至",
            "被淹",
            "淹了",
            "漏得",
        ],
    ),
    (
        "neighbour noise",
        Household,
        &["噪音", "噪声", "吵闹", "扰民", "太吵", "吵得", "睡不着", "麻将", "唱歌"],
    ),
    (
        "passage",
        Household,
        &[
            "过道",
            "通道",
            "占道",
            "堆放",
            "堆物",
            "杂物",
            "柴火",
            "柴垛",
            "楼道",
            "堵路",
            "挡路",
            "通行",
            "拦路",
            "入户路",
            "入户道路",
            "进出的路",
            "进出道路",
            "道路争执",
        ],
    ),
    (
        "wall or boundary",
        Household,
        &["围墙", "院墙", "界址", "边界", "砌墙", "过界", "滴水沟", "屋檐", "地界", "界桩"],
    ),
    ("cracks", Household, &["开裂", "震裂", "裂缝", "裂口", "墙裂", "房屋受损"]),
    (
        "house site",
        Household,
        &[
            "宅基地",
            "建房",
            "翻建",
            "盖房",
            "违建",
            "老宅",
            "地基",
            "老屋",
            "翻盖",
            "做屋",
            "危房",
            "危改",
            "越界建",
        ],
    ),
    ("light", Household, &["采光", "遮光", "挡光", "阳光"]),
    ("drain", Household, &["水沟", "排水", "阳沟", "倒灌", "沟渠"]),
    ("trees", Household, &["树枝", "砍树", "树木", "果树", "栽树", "树根"]),
    (
        "animals",
        Household,
        &[
            "养狗", "狗咬", "狗叫", "遛狗", "咬伤", "咬了", "鸡鸭", "鸡粪", "养鸡", "放养", "牛吃", "羊吃",
            "犬", "狗子", "因狗", "因鸡", "大狗",
        ],
    ),
    (
        "field",
        Household,
        &[
            "承包地",
            "耕地",
            "责任田",
            "田地",
            "菜地",
            "占种",
            "水田",
            "旱地",
            "田埂",
            "田界",
            "承包田",
            "种田",
            "地块",
            "争地",
            "花生地",
        ],
    ),
    (
        "land rent",
        Neighbourhood,
        &["流转费", "田租", "土地流转", "流转其土地", "流转土地", "地租", "讨要租金"],
    ),
    (
        "forest",
        Household,
        &[
            "山林",
            "林地",
            "山界",
            "油茶",
            "林权",
            "山场",
            "自留山",
            "板栗",
            "那块山",
            "杉树",
            "松树",
            "杉木",
            "争山",
            "毁林",
        ],
    ),
    (
        "field water",
        Household,
        &[
            "灌溉",
            "放水",
            "抢水",
            "水渠",
            "水塘",
            "堰塘",
            "鱼塘",
            "抽水",
            "水闸",
            "水口",
            "塘堰",
            "争水",
            "当家塘",
            "抗旱",
        ],
    ),
    ("demolition", Neighbourhood, &["拆迁", "征地", "征收", "补偿款", "安置房", "青苗费", "过渡费", "安置"]),
    (
        "couple",
        Household,
        &["夫妻", "丈夫", "妻子", "老公", "老婆", "男将", "媳妇", "前夫", "前妻", "屋里两个"],
    ),
    ("divorce", Household, &["离婚", "感情破裂", "分居", "闹离", "过不下去", "想离", "解除婚姻", "婚姻纠纷"]),
    (
        "violence at home",
        Household,
        &["家暴", "家庭暴力", "殴打妻", "打老婆", "打妻", "动手打", "丈夫打", "被丈夫", "老公打", "被老公"],
    ),
    ("children after divorce", Household, &["抚养", "探视", "抚养费", "看孩子", "孩子归"]),
    ("bride price", Household, &["彩礼", "退婚", "订婚", "嫁妆", "三金"]),
    (
        "care of parents",
        Household,
        &[
            "赡养",
            "养老",
            "不管老人",
            "不养",
            "轮流照顾",
            "老人轮",
            "生活费",
            "护工",
            "老人请人",
            "老人无人",
            "没回来看",
            "老人看病",
            "老人生活",
        ],
    ),
    ("inheritance", Household, &["遗产", "继承", "遗嘱", "分家", "析产"]),
    ("affair", Household, &["出轨", "第三者", "外遇", "婚外"]),
    ("in-laws", Household, &["婆媳", "婆婆", "儿媳", "公婆"]),
    (
        "family quarrel",
        Household,
        &["家务", "家庭矛盾", "家庭内部", "家庭纠纷", "家庭琐事", "家里吵", "家庭关系"],
    ),
    ("love affair", Household, &["恋爱", "分手", "前男友", "前女友", "谈朋友"]),
    ("wages", Employer, &["工资", "欠薪", "讨薪", "工钱", "血汗钱", "拖欠", "结账", "结清"]),
    (
        "work injury",
        Household,
        &["工伤", "摔伤", "受伤赔", "误工费", "干活受伤", "工作时受伤", "上班受伤", "压断", "砸伤"],
    ),
    ("dismissal", Household, &["辞退", "开除", "解除劳动", "经济补偿", "裁员", "社保", "加班"]),
    ("work contract", Household, &["劳动合同", "试用期"]),
    (
        "loan",
        Household,
        &[
            "借款",
            "借钱",
            "欠款",
            "欠条",
            "借条",
            "欠钱",
            "还钱",
            "不还",
            "利息",
            "民间借贷",
            "要账",
            "讨债",
            "欠账",
            "债务",
            "逾期不还",
            "找他要钱",
        ],
    ),
    ("rent", Household, &["房租", "租金", "押金", "租房", "退租", "租赁", "转租"]),
    ("sale of a home", Household, &["购房", "定金", "首付", "房屋质量", "买房", "退房"]),
    (
        "contract",
        Household,
        &[
            "合同",
            "违约",
            "货款",
            "工程款",
            "尾款",
            "供货",
            "材料款",
            "安装款",
            "台班",
            "砂石款",
            "沙石款",
            "进度款",
        ],
    ),
    ("partners", Household, &["合伙", "散伙", "股金", "退股", "入股"]),
    ("decoration", Household, &["装修", "砸墙", "承重墙"]),
    (
        "goods",
        Household,
        &[
            "退货",
            "质量问题",
            "假货",
            "三无",
            "以次充好",
            "缺斤",
            "保质期",
            "过期食品",
            "过期",
            "退换",
            "翻新",
            "三包",
            "商品质量",
            "假一赔",
        ],
    ),
    ("harvest", Household, &["农机", "收割", "机耕"]),
    ("stall", Household, &["摊位", "摊主", "摊子", "摆摊", "抢生意"]),
    ("meal", Household, &["就餐", "餐馆", "吃饭吃出", "菜单", "火锅店", "饭店", "外卖"]),
    (
        "prepaid card",
        Household,
        &["充值", "会员卡", "预付", "退卡", "健身房", "跑路", "办卡", "储值", "退费"],
    ),
    ("online purchase", Household, &["网购", "快递", "直播", "平台", "网店", "淘宝", "拼多多"]),
    (
        "travel",
        Household,
        &["旅游", "旅行社", "导游", "景区", "门票", "民宿", "住宿", "农家乐", "酒店", "订房"],
    ),
    (
        "treatment",
        Household,
        &[
            "手术",
            "误诊",
            "医疗",
            "病历",
            "医院",
            "治疗",
            "术后",
            "医药费",
            "看牙",
            "镶牙",
            "种牙",
            "牙科",
            "诊所",
            "推拿",
            "美容",
            "打针",
            "卫生院",
            "医患",
        ],
    ),
    (
        "traffic accident",
        Household,
        &["剐蹭", "刮蹭", "追尾", "撞", "车祸", "交通事故", "肇事", "责任认定", "电动车", "保险公司"],
    ),
    ("damaged things", Household, &["损坏", "弄坏", "砸坏", "财物", "打碎", "损毁"]),
    ("fight", Beside, &["打架", "殴打", "斗殴", "动手", "打伤", "互殴", "推搡", "被打"]),
    (
        "insult",
        Beside,
        &["辱骂", "谩骂", "诽谤", "造谣", "名誉", "骂人", "口角", "闲话", "传言", "积怨", "旧怨"],
    ),
    ("threat", Beside, &["威胁", "扬言", "恐吓", "拿刀", "持刀"]),
    (
        "school",
        Household,
        &["学校", "校园", "同学", "欺凌", "老师", "学费", "培训机构", "在校", "中学", "小学", "幼儿园"],
    ),
    ("village accounts", Household, &["村务", "账目", "分红", "集体资金", "低保", "补贴", "村干部"]),
    ("tomb", Household, &["坟", "祖坟", "迁坟", "墓地"]),
    ("fire", Household, &["飞线", "充电", "消防通道", "起火"]),
    ("falling things", Household, &["高空抛物", "坠物", "掉落"]),
    ("missing person", Household, &["走失", "失联", "离家出走"]),
    ("help for the old", Household, &["独居", "孤寡", "无人照料"]),
    ("swindle", Household, &["诈骗", "被骗", "传销"]),
    ("theft", Household, &["被偷", "偷了", "盗窃", "失窃"]),
    ("mind", Beside, &["精神病", "精神障碍", "精神异常", "精神失常"]),
    ("drunk", Beside, &["醉酒", "喝酒", "酒后", "喝醉"]),
];

/// What befalls a couple is mostly one matter: the calls to 110, the visit to the women's federation, the filing for divorce.
const COUPLE: &str = "couple";
const OF_A_COUPLE: &[&str] = &["divorce", "violence at home", "affair", "children after divorce"];

/// A report has no more topics than so many; the first ones said count.
const MOST: usize = 8;

#[expect(clippy::expect_used, reason = "the words are written here, and a test builds them")]
static WORDS: LazyLock<(AhoCorasick, Vec<Told>)> = LazyLock::new(|| {
    let words: Vec<(&str, usize)> = TOPICS
        .iter()
        .enumerate()
        .flat_map(|(topic, (_, _, words))| words.iter().map(move |word| (*word, topic)))
        .collect();
    let searcher = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        // Some hundred kilobytes, for half the time.
        .kind(Some(AhoCorasickKind::DFA))
        .build(words.iter().map(|(word, _)| word))
        .expect("the words of the topics are few");
    let couple = TOPICS.iter().position(|(name, ..)| *name == COUPLE);
    let told = |topic: usize| Told { topic, with: couple.filter(|_| OF_A_COUPLE.contains(&TOPICS[topic].0)) };
    (searcher, words.into_iter().map(|(_, topic)| told(topic)).collect())
});

/// What a word tells, by the places in [`TOPICS`].
struct Told {
    topic: usize,
    /// The topic that goes along with it.
    with: Option<usize>,
}

/// The topics that a folded text names, in the order said.
pub(super) fn named_in(text: &str) -> Vec<Topic> {
    let (searcher, topic_of) = &*WORDS;
    let mut named: Vec<usize> = Vec::new();
    for found in searcher.find_iter(text) {
        let Told { topic, with } = &topic_of[found.pattern().as_usize()];
        for topic in [Some(*topic), *with].into_iter().flatten() {
            if !named.contains(&topic) {
                named.push(topic);
            }
        }
    }
    let topic = |at: usize| Topic {
        name: TOPICS[at].0,
        shared: matches!(TOPICS[at].1, Neighbourhood | Employer),
        of_employer: TOPICS[at].1 == Employer,
        beside: TOPICS[at].1 == Beside,
    };
    named.into_iter().take(MOST).map(topic).collect()
}
