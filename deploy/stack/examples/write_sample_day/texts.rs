//! What people tell. `{我}` is the reporter, `{他}` the other, `{地}` the place, `{数}` and `{钱}` numbers.

/// A kind of matter and how it is told.
pub struct Scene {
    /// The doors through which it comes.
    pub doors: &'static [&'static str],
    /// The doors' own words for the kind of matter.
    pub words: &'static [&'static str],
    /// The title.
    pub title: &'static str,
    /// Ways to tell it.
    pub narratives: &'static [&'static str],
    /// Whether it is about a named other person.
    pub against: bool,
    /// Whether it may be told again on the same day.
    pub comes_again: bool,
    /// Whether it is told only now and then.
    pub rare: bool,
}

const CALLS: &[&str] = &["POLICE_110", "HOTLINE_12345"];
const ALL_BUT_COURT: &[&str] = &["POLICE_110", "HOTLINE_12345", "GRID"];
const HOTLINE: &[&str] = &["HOTLINE_12345"];
const HOTLINE_GRID: &[&str] = &["HOTLINE_12345", "GRID"];

/// How a second call begins.
pub const SECOND_CALLS: &[&str] = &[
    "上午已经反映过一次，到现在没有结果。",
    "之前打过电话，对方当面答应、转身就变卦，现在又闹起来了。",
    "同一件事今天第二次反映，希望尽快派人来。",
    "网格员来劝过，人一走{他}又开始了。",
];

/// What is told in a county.
pub const SCENES: &[Scene] = &[
    Scene {
        doors: ALL_BUT_COURT,
        words: &["邻里纠纷", "邻里关系", "邻里"],
        title: "{地}邻居因过道堆物起争执",
        narratives: &[
            "{我}称隔壁{他}把柴火和旧家具堆在共用过道，说了{数}次都不搬，今天两家在门口吵起来，要求有人来调解。",
            "因过道堆放杂物，{我}与{他}发生口角，双方情绪激动，无人受伤，希望社区协调清理。",
        ],
        against: true,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: CALLS,
        words: &["邻里纠纷", "邻里"],
        title: "楼上漏水赔偿谈不拢",
        narratives: &[
            "{我}家天花板被楼上{他}家漏水泡坏，装修损失约{钱}元，对方只肯出一半，已争了{数}天。",
            "楼上卫生间渗水，{我}找{他}维修被拒，墙皮大面积脱落，请求协调维修和赔偿。",
        ],
        against: true,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: ALL_BUT_COURT,
        words: &["噪音", "扰民", "环境污染"],
        title: "夜间施工噪音扰民",
        narratives: &[
            "{地}附近工地连续{数}晚施工到凌晨，老人无法休息，打电话没人管。",
            "楼下加工坊晚上开机器，噪音很大，{我}去说理，老板{他}态度恶劣。",
        ],
        against: false,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: HOTLINE_GRID,
        words: &["环境污染", "环境保护"],
        title: "养殖场污水直排沟渠",
        narratives: &[
            "{地}上游养猪场把污水排进村里水渠，臭味大，菜地浇不了水，已有{数}户反映。",
            "{我}反映石材加工点粉尘大、废水直排，影响下游灌溉，请环保部门到现场查看。",
        ],
        against: false,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: ALL_BUT_COURT,
        words: &["拖欠工资", "讨薪", "欠薪"],
        title: "工地拖欠农民工工资",
        narratives: &[
            "{我}等在{地}一工地做木工，包工头{他}拖欠工资约{钱}元，承诺的日期过了{数}天仍未支付。",
            "项目部欠{我}和工友9人工资，共计{钱}元，班组长{他}电话不接，工友准备到项目部讨要说法。",
            "石材厂停产后欠发{我}三个月工资{钱}元，老板{他}一直拖着，过年前希望能拿到。",
        ],
        against: true,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: &["POLICE_110"],
        words: &["拖欠工资"],
        title: "多名工人围堵项目部讨薪",
        narratives: &[
            "{地}项目部大门被讨薪工人围堵，现场有35人，拉横幅，车辆无法进出，请出警维持秩序。",
            "工人在开发商售楼部门口聚集讨薪，约12人，负责人{他}不露面，情绪激动。",
        ],
        against: true,
        comes_again: false,
        rare: true,
    },
    Scene {
        doors: CALLS,
        words: &["家庭纠纷", "婚姻家庭"],
        title: "夫妻因琐事争吵",
        narratives: &[
            "{我}与丈夫{他}因打牌输钱争吵，对方摔东西，{我}希望民警上门劝说。",
            "{我}称妻子{他}要带行李回娘家，双方为彩礼和家用吵了{数}天，请求调解。",
        ],
        against: true,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: &["POLICE_110", "WOMENS_FEDERATION"],
        words: &["家暴", "婚姻家庭"],
        title: "反映丈夫酒后动手",
        narratives: &[
            "{我}称丈夫{他}酒后家暴，这已是今年第{数}次，本人手臂有淤青，要求告诫并咨询人身安全保护令。",
            "{我}被丈夫{他}殴打，目前躲在亲戚家，不敢回去，请求妇联和派出所帮助。",
        ],
        against: true,
        comes_again: false,
        rare: true,
    },
    Scene {
        doors: &["POLICE_110", "WOMENS_FEDERATION"],
        words: &["家暴"],
        title: "家中动手，孩子在场",
        narratives: &[
            "{我}称丈夫{他}动手打人，家里两个孩子受惊大哭，门被反锁，请马上派人。",
            "邻居{我}听到{他}家中打骂声和儿童哭喊，疑似家暴，持续约{数}分钟。",
        ],
        against: true,
        comes_again: false,
        rare: true,
    },
    Scene {
        doors: &["POLICE_110"],
        words: &["家庭纠纷"],
        title: "感情纠纷扬言极端",
        narratives: &[
            "{我}报称前男友{他}发信息扬言同归于尽，人已到{地}楼下，请求出警。",
            "{我}称离婚后{他}多次上门，今天扬言要出人命，家人很害怕。",
        ],
        against: true,
        comes_again: false,
        rare: true,
    },
    Scene {
        doors: &["POLICE_110"],
        words: &["求助"],
        title: "家属称有人轻生",
        narratives: &["{我}称家人{他}因债务留言不想活了，手机定位在{地}河边，请帮忙寻找。"],
        against: true,
        comes_again: false,
        rare: true,
    },
    Scene {
        doors: &["POLICE_110"],
        words: &["人身伤害", "损害赔偿"],
        title: "停车纠纷双方持械",
        narratives: &["{地}门口因抢车位起冲突，{他}从车上拿出菜刀，{我}报警求助，尚无人受伤。"],
        against: true,
        comes_again: false,
        rare: true,
    },
    Scene {
        doors: &["POLICE_110"],
        words: &["人身伤害", "损害赔偿"],
        title: "酒桌冲突有人受伤",
        narratives: &[
            "{我}在{地}餐馆与{他}喝酒起冲突，头部流血，已送医，要求处理赔偿。",
            "{我}被{他}推倒骨折住院，医药费已花{钱}元，对方不再露面。",
        ],
        against: true,
        comes_again: true,
        rare: true,
    },
    Scene {
        doors: ALL_BUT_COURT,
        words: &["宅基地", "房屋和宅基地", "宅基地纠纷"],
        title: "建房占用滴水沟引发争议",
        narratives: &[
            "{他}家翻建房屋占了{我}家滴水沟约{数}十公分，村里量过一次，双方都不认，要求自然资源部门来定界。",
            "{我}反映{他}家围墙砌过界，影响通行，已停工，双方僵持。",
        ],
        against: true,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: ALL_BUT_COURT,
        words: &["山林土地", "土地山林水利权属", "土地"],
        title: "两组争油茶山界",
        narratives: &[
            "{地}两个小组为油茶山界线争了多年，今天{他}带人上山摘茶籽，{我}不让，现场有{数}人，言语冲突。",
            "{我}的承包地被{他}占种{数}分，手上有证，要求归还。",
        ],
        against: true,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: &["GRID", "HOTLINE_12345"],
        words: &["征地拆迁", "农村集体土地征用流转"],
        title: "青苗补偿款发放有异议",
        narratives: &[
            "修路征用{地}土地，{我}认为青苗费少算约{钱}元，要求公开测量结果。",
            "{我}反映拆迁安置房迟迟未交，过渡费停发{数}个月。",
        ],
        against: false,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: HOTLINE,
        words: &["物业", "物业管理", "房产物业"],
        title: "小区电梯停运无人维修",
        narratives: &[
            "{地}小区电梯坏了{数}天，老人上下楼困难，物业说维修资金没批。",
            "小区无物业管理，垃圾清运不及时，楼道灯坏了{数}盏，请求社区介入。",
            "物业催缴物业费，但地下车库积水一直没处理，{我}等业主拒缴，双方争执。",
        ],
        against: false,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: HOTLINE_GRID,
        words: &["供水", "停水", "物业"],
        title: "多户停水未通知",
        narratives: &[
            "{地}从昨晚起停水，{数}户受影响，打水厂电话一直占线。",
            "巡查发现{地}供水管破裂，路面积水结冰，已放置警示标志，请抢修。",
        ],
        against: false,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: CALLS,
        words: &["消费维权", "消费纠纷"],
        title: "预付卡门店关门退款难",
        narratives: &[
            "{我}在{地}健身房办卡{钱}元，门店突然关门，老板{他}联系不上，要求退款。",
            "{我}买的家电用了{数}天就坏，商家{他}拒绝退换。",
        ],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: HOTLINE,
        words: &["网购", "电商"],
        title: "网购土特产质量问题",
        narratives: &["{我}在网店购买福白菊{数}斤，收到发霉，商家{他}不予退款，共{钱}元。"],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: CALLS,
        words: &["旅游", "旅游纠纷"],
        title: "景区停车收费争议",
        narratives: &["{我}在龟峰山景区被多收停车费{数}元，与收费员{他}争执，要求退还。"],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: CALLS,
        words: &["医患纠纷", "医疗卫生"],
        title: "对诊疗结果不满要求说法",
        narratives: &["{我}家属在卫生院输液后不适，转院花费{钱}元，要求卫生院给说法，与值班医生{他}争执。"],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: &["POLICE_110"],
        words: &["交通事故"],
        title: "两车剐蹭责任争执",
        narratives: &[
            "{地}路口两车剐蹭，{我}与{他}对责任认定不一，无人受伤，堵了半条车道。",
            "{我}骑电动车被{他}的三轮车碰倒，对方要走，请交警到场。",
        ],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: CALLS,
        words: &["租赁", "合同纠纷"],
        title: "退租押金不退",
        narratives: &[
            "{我}退租后房东{他}以墙面损坏为由扣押金{钱}元，协商{数}次未果。",
            "{我}把门面转租给{他}，对方欠租{钱}元，锁门不让进。",
        ],
        against: true,
        comes_again: true,
        rare: false,
    },
    Scene {
        doors: &["GRID", "HOTLINE_12345"],
        words: &["生产经营性纠纷", "经济活动"],
        title: "收购菊花压价起争议",
        narratives: &[
            "{我}等{数}户种植户与收购商{他}约定的菊花价格临时下调，鲜花等不起，要求协调。",
            "农机作业损坏{地}机耕路，{我}要求{他}恢复，双方争执。",
        ],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: HOTLINE,
        words: &["咨询"],
        title: "咨询社保补缴",
        narratives: &[
            "{我}咨询灵活就业人员社保补缴如何办理，需要带什么材料。",
            "{我}想了解异地就医备案怎么办理。",
        ],
        against: false,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: HOTLINE_GRID,
        words: &["求助", "其他"],
        title: "独居老人需要帮助",
        narratives: &[
            "{地}独居老人{我}家中屋顶漏雨，子女在外地，希望村里帮忙修缮。",
            "走访发现{地}一户老人腿脚不便、取暖设备老化，已登记，建议上门检查。",
        ],
        against: false,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: &["GRID"],
        words: &["其他", "求助"],
        title: "巡查发现安全隐患",
        narratives: &[
            "{地}路边井盖缺失，已用树枝围挡，请产权单位更换。",
            "{地}塘堰护栏损坏约{数}米，放学路过的人多，建议尽快修复。",
            "日常巡查：{地}一处空置老屋墙体开裂，已劝离附近堆放的柴草。",
        ],
        against: false,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: &["COURT"],
        words: &["离婚"],
        title: "离婚诉讼立案通报",
        narratives: &[
            "原告{我}诉被告{他}离婚一案已立案，双方分居{数}个月，争议为房产与彩礼，建议辖区关注。",
            "原告{我}起诉离婚，诉状称被告{他}长期在外不归，建议村（社区）先行走访调解。",
            "当事人{我}、{他}离婚后因探望问题再起诉，庭前情绪激动，提请综治中心协助。",
        ],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: &["COURT"],
        words: &["合同纠纷", "经济合同"],
        title: "民间借贷案件委托调解",
        narratives: &["原告{我}诉{他}民间借贷{钱}元，双方系同村亲属，委托辖区司法所先行调解。"],
        against: true,
        comes_again: false,
        rare: false,
    },
    Scene {
        doors: &["WOMENS_FEDERATION"],
        words: &["婚姻家庭", "家庭"],
        title: "来访求助婚姻家庭问题",
        narratives: &[
            "{我}来访称丈夫{他}外出务工{数}年不寄家用，独自带老人，想咨询抚养费怎么办理。",
            "{我}反映婆媳不和，丈夫{他}不出面，双方为家务和带娃争执，情绪低落，希望有人上门。",
            "{我}称离婚协议约定的抚养费{他}已{数}个月未付。",
        ],
        against: true,
        comes_again: false,
        rare: false,
    },
];

/// Puts people, place and numbers into a template.
pub fn fill(template: &str, me: &str, other: &str, place: &str, fill: u32) -> String {
    template
        .replace("{我}", me)
        .replace("{他}", other)
        .replace("{地}", place)
        .replace("{数}", &(2 + fill % 7).to_string())
        .replace("{钱}", &(600 + fill * 37).to_string())
}
