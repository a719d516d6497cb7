using System.Collections.Frozen;

namespace HsStream.Training.Catalogue;

/// <summary>What shippers write to save room.</summary>
internal static class Abbreviations
{
    private static readonly FrozenDictionary<string, string[]> Known = new Dictionary<string, string[]>
    {
        ["accessories"] = ["access", "acc", "accs"], ["adapter"] = ["adptr", "adaptor"], ["aluminium"] = ["alu", "alum", "aluminum"], ["aluminum"] = ["alum", "alu"],
        ["and"] = ["&", "n"], ["assembly"] = ["assy", "asm", "ass'y"], ["assorted"] = ["asstd", "asst"], ["automatic"] = ["auto", "autom"], ["automotive"] = ["auto"],
        ["battery"] = ["batt", "bat"], ["bearing"] = ["brg", "brng"], ["bearings"] = ["brgs", "brngs"], ["black"] = ["blk"], ["blue"] = ["blu"], ["boxes"] = ["bxs"],
        ["bracket"] = ["brkt"], ["brown"] = ["brn"], ["cable"] = ["cbl"], ["cartridge"] = ["cart", "crtg"], ["ceramic"] = ["ceram"], ["chemical"] = ["chem"],
        ["children"] = ["childs", "chldrn", "kids"], ["childrens"] = ["kids", "chldn"], ["clothing"] = ["clothg", "cloth"], ["compressor"] = ["compr"], ["concentrate"] = ["conc"],
        ["connector"] = ["conn"], ["control"] = ["ctrl", "cntrl"], ["controller"] = ["ctrlr"], ["cotton"] = ["cot", "cttn"], ["cover"] = ["cvr"], ["cylinder"] = ["cyl"],
        ["diesel"] = ["dsl"], ["digital"] = ["dig"], ["dried"] = ["drd"], ["electric"] = ["elec", "elect"], ["electrical"] = ["elec", "elect"], ["electronic"] = ["electr", "elec"],
        ["engine"] = ["eng"], ["equipment"] = ["equip", "eqpt"], ["extension"] = ["ext"], ["fabric"] = ["fab", "fabr"], ["fittings"] = ["ftgs"], ["filter"] = ["fltr", "filt"],
        ["food"] = ["fd"], ["for"] = ["f/", "4"], ["fresh"] = ["frsh"], ["front"] = ["fr", "frt"], ["frozen"] = ["frz", "frzn"], ["furniture"] = ["furn"],
        ["galvanised"] = ["galv", "gi"], ["galvanized"] = ["galv", "gi"], ["gasket"] = ["gskt"], ["generator"] = ["gen", "genset"], ["glass"] = ["gls"], ["granules"] = ["gran"],
        ["household"] = ["hhold", "hh"], ["hydraulic"] = ["hyd", "hydr"], ["industrial"] = ["ind", "indl"], ["instrument"] = ["instr"], ["kitchen"] = ["kitch", "ktchn"],
        ["knitted"] = ["knit", "kntd"], ["ladies"] = ["lds", "lad"], ["leather"] = ["lthr", "leath"], ["left"] = ["lh", "l"], ["liquid"] = ["liq"], ["machine"] = ["m/c", "mach"],
        ["machinery"] = ["machy", "mach"], ["manual"] = ["man"], ["material"] = ["matl", "mtrl"], ["medical"] = ["med"], ["mens"] = ["mns", "men", "gents"], ["metal"] = ["mtl"],
        ["mobile"] = ["mob"], ["motor"] = ["mtr", "mot"], ["motorcycle"] = ["m/cycle", "mcycle", "motorcy"], ["organic"] = ["org"], ["package"] = ["pkg"], ["packaging"] = ["pkging"],
        ["panel"] = ["pnl"], ["paper"] = ["ppr"], ["parts"] = ["pts", "prts"], ["pieces"] = ["pcs"], ["plastic"] = ["plas", "plst", "plstc"], ["polyester"] = ["poly", "polyest", "pes"],
        ["polyethylene"] = ["pe", "polyeth"], ["polypropylene"] = ["pp"], ["portable"] = ["port"], ["powder"] = ["pwd", "pdr"], ["pressure"] = ["press", "prs"], ["pump"] = ["pmp"],
        ["rear"] = ["rr"], ["refrigerator"] = ["refrig", "fridge"], ["right"] = ["rh", "r"], ["round"] = ["rnd"], ["rubber"] = ["rbr", "rub"], ["sheet"] = ["sht"], ["sheets"] = ["shts"],
        ["shoes"] = ["shs"], ["spare"] = ["spr"], ["stainless"] = ["s/s", "ss", "stnls"], ["steel"] = ["stl"], ["suspension"] = ["susp"], ["switch"] = ["sw", "swtch"],
        ["synthetic"] = ["synth"], ["system"] = ["sys"], ["tablets"] = ["tabs"], ["temperature"] = ["temp"], ["textile"] = ["text"], ["transformer"] = ["xfmr", "transf"],
        ["transmission"] = ["trans", "xmsn"], ["truck"] = ["trk"], ["valve"] = ["vlv"], ["vehicle"] = ["veh"], ["vehicles"] = ["vehs"], ["water"] = ["wtr"], ["white"] = ["wht"],
        ["with"] = ["w/", "w"], ["without"] = ["w/o"], ["women"] = ["wmn", "ladies"], ["womens"] = ["wmns", "wmn", "ladies"], ["wood"] = ["wd"], ["wooden"] = ["wdn", "wood"],
        ["yarn"] = ["yrn"], ["zinc"] = ["zn"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <returns>Null when the word has none.</returns>
    public static string[]? Of(string word) => Known.GetValueOrDefault(word);
}
