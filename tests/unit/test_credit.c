/*
 * Goal: what an article says about its source is read from shape and place: datelines, bylines and tails
 * of many agencies and languages count; photo credits, captions, sourcing, teasers and other meanings of
 * the same letters do not. All texts are invented; the table is the one that comes with dupd, read from
 * the source tree, where the tests run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agencies.h"

static const char first[] =
    "The council of the harbour town agreed on a new ferry timetable after two evenings of debate. Boats will leave "
    "every forty minutes in summer, and hourly once the clocks go back.";
static const char rest[] =
    "Residents of the outer islands had asked for a late crossing, and a trial of three months was granted. A clerk "
    "will count passengers at both piers.\n"
    "The harbour master said the older of the two boats would be overhauled in spring. Until then a rented vessel takes "
    "its place, slower but with more room for bicycles.\n";
static const char last[] =
    "Tickets stay at their present price, the chair of the committee added, and children travel free on Sundays. The "
    "next review is due before the winter season ends.";

/* Where the words stand: before the text, on a line before it, within, at the end of its last line,
 * on a line behind it, or in a field. */
enum where { HEAD, LINE, INSIDE, GLUED, TAIL, BYLINE, FIELD, TITLE, WHOLE };

struct sample { enum where where; const char *words, *claim, *agencies, *url; };

static struct dup_agencies *table;
static char text[1 << 20];  /* conf/agencies.conf */

static int setup(void **state)
{
    char message[256] = "";
    FILE *file = fopen("conf/agencies.conf", "r");
    (void)state;
    if (!file)
        return -1;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    int r = dup_agencies_parse(text, len, message, sizeof message, &table);
    if (r < 0)
        fprintf(stderr, "conf/agencies.conf: %s\n", message);
    return r;
}

static int teardown(void **state)
{
    (void)state;
    dup_agencies_free(table);
    return 0;
}

/* The agencies found, joined by '+' in the order found; "-" for none. */
static void list_of(const struct dup_credits *found, char *out, size_t size)
{
    size_t used = 0;
    snprintf(out, size, "-");
    for (size_t i = 0; i < found->n && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "+" : "",
                                 dup_agency_name(table, found->list[i].agency));
}

/* Whether a credit says where it stands, and its phrase lies in the sample's words, whole words of it. */
static int is_placed(enum where where, const struct dup_credit *credit, const char *field, const char *words)
{
    static const unsigned places[] = {
        [HEAD] = 1 << DUP_PLACE_DATELINE | 1 << DUP_PLACE_START, [LINE] = 1 << DUP_PLACE_DATELINE | 1 << DUP_PLACE_START,
        [INSIDE] = 0, [GLUED] = 1 << DUP_PLACE_END, [TAIL] = 1 << DUP_PLACE_END, [BYLINE] = 1 << DUP_PLACE_BYLINE,
        [FIELD] = 1 << DUP_PLACE_FIELD, [TITLE] = 1 << DUP_PLACE_TITLE, [WHOLE] = ~0u,
    };
    const char *at = where == GLUED || where == TAIL ? field + strlen(field) - strlen(words) : field;
    const char *begin = field + credit->begin, *end = field + credit->end;

    if (!(places[where] >> credit->place & 1) || begin < at || begin >= end || end > at + strlen(words) || *begin == ' ' || end[-1] == ' ')
        return 0;
    /* The bracket of a dateline is noted as a whole. */
    const char *pair = credit->place == DUP_PLACE_DATELINE ? strchr("()[]//", *begin) : NULL;
    return !pair || end[-1] == pair[1];
}

static int judge(const struct sample *s)
{
    static char body[8192];
    struct dup_credit_input in = {.title = "Harbour town agrees on ferries", .body = body};
    struct dup_credits found;
    char list[256];
    const char *w = s->words;
    const char *head = s->where == HEAD || s->where == LINE ? w : "", *joint = s->where == HEAD ? " " : s->where == LINE ? "\n" : "";
    const char *inside = s->where == INSIDE ? w : "", *glued = s->where == GLUED ? w : "", *tail = s->where == TAIL ? w : "";
    snprintf(body, sizeof body, "%s%s%s %s\n%s%s%s%s%s%s", head, joint, first, inside, rest, last, *glued ? " " : "", glued,
             *tail ? "\n" : "", tail);
    if (s->where == WHOLE)
        snprintf(body, sizeof body, "%s", w);
    if (s->where == TITLE)
        in.title = w;
    in.body_len = strlen(body);
    in.title_len = strlen(in.title);
    if (s->where == BYLINE)
        in.byline = w, in.byline_len = strlen(w);
    if (s->where == FIELD)
        in.credit = w, in.credit_len = strlen(w);
    if (s->url)
        in.url = s->url, in.url_len = strlen(s->url);
    dup_credits_find(table, &in, &found);
    list_of(&found, list, sizeof list);
    const char *field = s->where == BYLINE || s->where == FIELD || s->where == TITLE ? w : body;
    for (size_t i = 0; i < found.n; i++)
        if (!is_placed(s->where, &found.list[i], field, w))
            return fprintf(stderr, "  \"%s\": credit at %s, bytes %u to %u\n", w, dup_place_word(found.list[i].place),
                           found.list[i].begin, found.list[i].end) > 0;
    int right = (!s->claim || strcmp(dup_claim_word(found.claim), s->claim) == 0) && (!s->agencies || strcmp(list, s->agencies) == 0);
    if (!right)
        fprintf(stderr, "  \"%s\": want %s %s, got %s %s\n", w, s->claim ? s->claim : "a claim", s->agencies ? s->agencies : "", dup_claim_word(found.claim), list);
    return !right;
}

static void judge_all(const struct sample *samples, size_t n)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++)
        wrong += judge(&samples[i]);
    assert_int_equal(wrong, 0);
}
#define JUDGE(samples) judge_all(samples, sizeof samples / sizeof *samples)

static void test_datelines(void **state)
{
    static const struct sample samples[] = {
        {HEAD, "LONDON (Reuters) -", "agency", "Reuters", 0},
        {HEAD, "the harbour was closed and empty (AFP) after", "none", "-", 0},
        {TAIL, "(c) 2024 by AFP", "agency", "AFP", 0},
        {HEAD, "LONDON, Nov 3 (Reuters) -", "agency", "Reuters", 0},
        {HEAD, "PORT ALDER, England (AP) —", "agency", "AP", 0},
        {HEAD, "PORT ALDER, England (AP) _", "agency", "AP", 0},
        {HEAD, "NEW DELHI, Nov 3 (PTI)", "agency", "PTI", 0},
        {HEAD, "New Delhi, November 3 (IANS):", "agency", "IANS", 0},
        {HEAD, "New Delhi [India], November 3 (ANI):", "agency", "ANI", 0},
        {HEAD, "Kolkata: Nov 3 (UNI)", "agency", "UNI", 0},
        {HEAD, "KARACHI, Nov 03 (APP):", "agency", "APP", 0},
        {HEAD, "DHAKA, Nov 3, 2020 (BSS) -", "agency", "BSS", 0},
        {HEAD, "KUALA LUMPUR, Nov 3 (Bernama) --", "agency", "Bernama", 0},
        {HEAD, "Jakarta (ANTARA) -", "agency", "Antara", 0},
        {HEAD, "BEIJING, Nov. 3 (Xinhua) --", "agency", "Xinhua", 0},
        {HEAD, "SEOUL, Nov. 3 (Yonhap) --", "agency", "Yonhap", 0},
        {HEAD, "TOKYO (Kyodo) --", "agency", "Kyodo", 0},
        {HEAD, "Pyongyang, November 3 (KCNA) --", "agency", "KCNA", 0},
        {HEAD, "HANOI, Nov 3 (VNA) -", "agency", "VNA", 0},
        {HEAD, "Paris, le 4 mai (AFP) -", "agency", "AFP", 0},
        {HEAD, "Paris, 4 mai 2020 (AFP) -", "agency", "AFP", 0},
        {HEAD, "(AFP) -", "agency", "AFP", 0},
        {HEAD, "AFP -", "agency", "AFP", 0},
        {HEAD, "BRUXELLES (Belga) -", "agency", "Belga", 0},
        {HEAD, "Berlin (dpa) -", "agency", "dpa", 0},
        {HEAD, "Berlin (dpa/afp)", "agency", "dpa+AFP", 0},
        {HEAD, "Frankfurt/Main (dpa/lhe) -", "agency", "dpa", 0},
        {HEAD, "Köln (SID) -", "agency", "SID", 0},
        {HEAD, "Wien (APA) -", "agency", "APA", 0},
        {HEAD, "Wien (APA/dpa) –", "agency", "APA+dpa", 0},
        {HEAD, "Bern (sda) -", "agency", "Keystone-SDA", 0},
        {HEAD, "Hannover (epd).", "agency", "epd", 0},
        {HEAD, "Madrid, 3 nov (EFE).-", "agency", "EFE", 0},
        {HEAD, "Madrid, 3 nov. (EUROPA PRESS) -", "agency", "Europa Press", 0},
        {HEAD, "LISBOA, 3 nov (Xinhua) --", "agency", "Xinhua", 0},
        {HEAD, "La Habana, 3 nov (Prensa Latina)", "agency", "Prensa Latina", 0},
        {HEAD, "Buenos Aires, 3 noviembre (NA) --", "agency", "NA", 0},
        {HEAD, "Lisboa, 03 nov 2020 (Lusa) –", "agency", "Lusa", 0},
        {HEAD, "(ANSA) - ROMA, 12 MAG -", "agency", "ANSA", 0},
        {HEAD, "ROMA (ITALPRESS) -", "agency", "Italpress", 0},
        {HEAD, "Roma, 3 nov. (Adnkronos) -", "agency", "Adnkronos", 0},
        {HEAD, "Roma, 3 nov. (askanews) -", "agency", "Askanews", 0},
        {HEAD, "AGI -", "agency", "AGI", 0},
        {HEAD, "МОСКВА, 29 ноя - РИА Новости.", "agency", "RIA", 0},
        {HEAD, "МОСКВА, 29 ноября. /ТАСС/.", "agency", "TASS", 0},
        {HEAD, "Москва. 29 ноября. INTERFAX.RU -", "agency", "Interfax", 0},
        {HEAD, "КИЕВ. 29 ноября. УНН.", "agency", "UNN", 0},
        {HEAD, "29 ноября, Минск /Корр. БЕЛТА/.", "agency", "BelTA", 0},
        {HEAD, "НУР-СУЛТАН. КАЗИНФОРМ -", "agency", "Kazinform", 0},
        {HEAD, "БИШКЕК, 29 ноября /Кабар/.", "agency", "Kabar", 0},
        {HEAD, "ЕРЕВАН, 29 НОЯБРЯ, АРМЕНПРЕСС.", "agency", "Armenpress", 0},
        {LINE, "Baku, November 29, AZERTAC", "agency", "AZERTAC", 0},
        {HEAD, "BAKU, Azerbaijan, Nov.29. Trend:", "agency", "Trend", 0},
        {HEAD, "ANKARA (AA) -", "agency", "Anadolu", 0},
        {HEAD, "İSTANBUL (DHA) -", "agency", "DHA", 0},
        {HEAD, "BURSA (İHA) -", "agency", "IHA", 0},
        {HEAD, "القاهرة (رويترز) -", "agency", "Reuters", 0},
        {HEAD, "القاهرة (رويترز)", "agency", "Reuters", 0},
        {HEAD, "باريس (أ ف ب) -", "agency", "AFP", 0},
        {HEAD, "باريس - أ ف ب:", "agency", "AFP", 0},
        {HEAD, "الرياض - واس:", "agency", "SPA", 0},
        {HEAD, "القاهرة في 3 نوفمبر / أ ش أ /", "agency", "MENA", 0},
        {HEAD, "عمان 3 تشرين الثاني (بترا)-", "agency", "Petra", 0},
        {LINE, "دمشق-سانا", "agency", "SANA", 0},
        {HEAD, "الكويت - 3 - 11 (كونا) --", "agency", "KUNA", 0},
        {HEAD, "رام الله 3-11-2020 وفا-", "agency", "WAFA", 0},
        {LINE, "بغداد - واع", "agency", "INA", 0},
        {HEAD, "تهران - ایرنا -", "agency", "IRNA", 0},
        {HEAD, "कोलंबो, तीन नवंबर (भाषा)", "agency", "PTI", 0},
        {HEAD, "नई दिल्ली, 3 नवंबर (आईएएनएस)।", "agency", "IANS", 0},
        {HEAD, "नई दिल्ली (एएनआई)।", "agency", "ANI", 0},
        {HEAD, "ঢাকা, ৩ নভেম্বর, ২০২০ (বাসস) :", "agency", "BSS", 0},
        {HEAD, "新华社北京11月3日电", "agency", "Xinhua", 0},
        {HEAD, "北京11月3日电 (新华社)", "agency", "Xinhua", 0},
        {HEAD, "中新网北京11月3日电", "agency", "CNS", 0},
        {HEAD, "中新社北京11月3日电 (记者 王某)", "agency", "CNS", 0},
        {HEAD, "（中央社記者王小明台北3日電）", "agency", "CNA", 0},
        {HEAD, "（法新社巴黎3日電）", "agency", "AFP", 0},
        {HEAD, "(서울=연합뉴스) 김철수 기자 =", "agency", "Yonhap", 0},
        {HEAD, "[서울=뉴시스] 김철수 기자 =", "agency", "Newsis", 0},
        {HEAD, "(서울=뉴스1) 김철수 기자 =", "agency", "News1 Korea", 0},
        {HEAD, "【ロンドン共同】", "agency", "Kyodo", 0},
        {HEAD, "【パリ時事】", "agency", "Jiji", 0},
        {HEAD, "［東京 ３日 ロイター］ -", "agency", "Reuters", 0},
        {HEAD, "【11月3日 AFP】", "agency", "AFP", 0},
        {HEAD, "Warszawa (PAP) -", "agency", "PAP", 0},
        {HEAD, "Praha (ČTK) -", "agency", "CTK", 0},
        {HEAD, "Praha 3. listopadu (ČTK) -", "agency", "CTK", 0},
        {HEAD, "Bratislava 3. novembra (TASR) -", "agency", "TASR", 0},
        {HEAD, "BRATISLAVA (SITA) -", "agency", "SITA", 0},
        {HEAD, "ZAGREB, 3. studenoga (Hina) -", "agency", "Hina", 0},
        {HEAD, "BEOGRAD, 3. novembra (Tanjug) -", "agency", "Tanjug", 0},
        {HEAD, "Ljubljana, 3. novembra (STA) -", "agency", "STA", 0},
        {HEAD, "София, 3 ноември /БТА/", "agency", "BTA", 0},
        {HEAD, "Oslo (NTB):", "agency", "NTB", 0},
        {HEAD, "VILNIUS, Nov 3, BNS -", "agency", "BNS", 0},
        {HEAD, "ACCRA, Nov. 3, GNA -", "agency", "GNA", 0},
        {HEAD, "Abuja, Nov. 3, 2020 (NAN)", "agency", "NAN", 0},
        {HEAD, "Luanda, 3 Nov (Angop) –", "agency", "Angop", 0},
        {HEAD, "Dakar, 3 nov (APS) –", "agency", 0, 0},
        {HEAD, "ALGER (APS) -", "agency", "APS", 0},
        {HEAD, "Rabat, 3 nov (MAP) -", "agency", "MAP", 0},
        {HEAD, "TUNIS, 3 nov (TAP) -", "agency", "TAP", 0},
        {HEAD, "Addis Ababa, November 3, 2020 (ENA)", "agency", "ENA", 0},
        {HEAD, "DUBAI, 3rd November, 2020 (WAM) --", "agency", "WAM", 0},
        {HEAD, "TORONTO, Nov. 3, 2020 /CNW/ -", "agency", "CNW", 0},
        {HEAD, "TORONTO, Nov. 3, 2020 (GLOBE NEWSWIRE) --", "agency", "GlobeNewswire", 0},
        {HEAD, "BOSTON--(BUSINESS WIRE)--", "agency", "Business Wire", 0},
        {HEAD, "МОСКВА, 29 ноября, ФедералПресс.", "agency", "RIA FederalPress", "https://paper.example/1"},
        {HEAD, "МОСКВА, 29 ноября, ФедералПресс.", "none", "-", "https://fedpress.ru/news/1"},
        {HEAD, "МОСКВА, 29 ноя - РИА Новости.", "agency", "RIA", "https://ria.ru/1"},
        {LINE, "WASHINGTON (AFP)", "agency", "AFP", 0},
        {LINE, "By Ann Field, Associated Press", "agency", "AP", 0},
        {LINE, "Reuters", "agency", "Reuters", 0},
        {LINE, "by AFP", "agency", "AFP", 0},
        {LINE, "Von Anna Feld, dpa", "agency", "dpa", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* How far a place and a date may reach, what they consist of, and what then has to follow: each row beside its neighbour
 * that is one word, mark or capital further. Other meanings (AAP, PTI) need more than a name that has none (Reuters, BTA). */
static void test_edges_of_datelines(void **state)
{
    static const struct sample samples[] = {
        {HEAD, "PORT ALDER UPPER LOWER INNER OUTER NORTH SOUTH (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "PORT ALDER UPPER LOWER INNER OUTER NORTH SOUTH EAST (Reuters) Boats", "none", "-", 0},
        {HEAD, "PORT ALDER UPPER LOWER INNER OUTER NORTH SOUTH EAST (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "A, B, C, D, E, F, PORT ALDER (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "A, B, C, D, E, F, G, ALDER, (Reuters) Boats", "none", "-", 0},
        {HEAD, "Port Alder Town (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "Port Alder Town Green (Reuters) Boats", "none", "-", 0},
        {HEAD, "Port ALDER Town Green (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "Port Alder Town Green 3 (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "PORT ALDER (AAP) boats", "none", "-", 0},
        {HEAD, "PORT ALDER (AAP). Boats", "agency", "AAP", 0},
        {HEAD, "Port Alder (AAP). Boats", "none", "-", 0},
        {HEAD, "Port Alder, Nov 3 (AAP) Boats", "agency", "AAP", 0},
        {HEAD, "Port Alder (AAP) - Boats", "agency", "AAP", 0},
        {HEAD, "Port Alder (AAP): Boats", "agency", "AAP", 0},
        {HEAD, "Port Alder (AAP); Boats", "agency", "AAP", 0},
        {HEAD, "Port Alder (AAP) | Boats", "agency", "AAP", 0},
        {HEAD, "Port Alder (AAP).- Boats", "agency", "AAP", 0},
        {HEAD, "Port Alder (AAP), Boats", "none", "-", 0},
        {HEAD, "(Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "boats (Reuters) - More", "none", "-", 0},
        {HEAD, "Ferries! (Reuters) - More", "none", "-", 0},
        {HEAD, "\xc2\xa9 PORT ALDER (Reuters) Boats", "none", "-", 0},
        {HEAD, "Ann Field writes from PORT ALDER (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "Ann Field writes from PORT ALDER (Reuters) Boats", "none", "-", 0},
        {HEAD, "Ann Field writes from Port Alder (AAP) - Boats", "none", "-", 0},
        {HEAD, "Ann Field writes from PORT ALDER (AAP) - Boats", "agency", "AAP", 0},
        {HEAD, "Ann Field writes from PORT ALDER (With PTI inputs) - Boats", "none", "-", 0},
        {HEAD, "PORT ALDER (With PTI inputs) - Boats", "from", "PTI", 0},
        /* dates, by their month in small letters */
        {HEAD, "nov 3 (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "nov. 3 (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "3 nov (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "3. nov (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "3., kedd (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "nov 3, kedd (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "ALDER nov 3, kedd (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "ALDER, nov (Reuters) Boats", "none", "-", 0},
        {HEAD, "nov. ALDER (Reuters) Boats", "none", "-", 0},
        {HEAD, "3 - nov (Reuters) Boats", "none", "-", 0},
        {HEAD, "ALDER, 3 - nov (Reuters) Boats", "none", "-", 0},
        {HEAD, "ALDER nov, kedd (Reuters) Boats", "none", "-", 0},
        {HEAD, "ALDER 3; kedd (Reuters) Boats", "none", "-", 0},
        {HEAD, "RIO de ALDER (Reuters) Boats", "agency", "Reuters", 0},
        {HEAD, "RIO with ALDER (Reuters) Boats", "none", "-", 0},
        /* scripts without capitals */
        {HEAD, "مرفأ حور (رويترز) عبر", "agency", "Reuters", 0},
        {HEAD, "مرفأ حور عبر (رويترز) عبر", "none", "-", 0},
        {HEAD, "مرفأ حور عبر (رويترز) - عبر", "agency", "Reuters", 0},
        {HEAD, "مرفأ حور، عبر بحر (رويترز) عبر", "agency", "Reuters", 0},
        {HEAD, "مرفأ حور، عبر بحر شمس (رويترز) عبر", "none", "-", 0},
        {HEAD, "مرفأ حور عبر بحر شمس 3 (رويترز) عبر", "agency", "Reuters", 0},
        {HEAD, "بندر آلدر، تیر (بترا) عبر", "agency", "Petra", 0},
        {HEAD, "بندر آلدر تیر (بترا) عبر", "none", "-", 0},
        {HEAD, "بندر آلدر، تیر ماه شمس (بترا) عبر", "none", "-", 0},
        {HEAD, "بندر آلدر، تیر ماه شمس 3 (بترا) عبر", "agency", "Petra", 0},
        {HEAD, "بندر آلدر 3 (بترا) عبر", "none", "-", 0},
        {HEAD, "مرفأ وكالة (رويترز) عبر", "none", "-", 0},
        {HEAD, "مرفأ حور عبر - رويترز: عبر", "agency", "Reuters", 0},
        {HEAD, "مرفأ حور عبر بحر - رويترز: عبر", "none", "-", 0},
        {HEAD, "مرفأ حور عبر - رويترز. عبر", "none", "-", 0},
        {HEAD, "新华社，港城11月3日电", "none", "-", 0},
        {HEAD, "新华社。港城11月3日电", "none", "-", 0},
        {HEAD, "新华社港城\n11月3日电", "none", "-", 0},
        {HEAD, "新华社电港城", "none", "-", 0},
        {HEAD, "新华社港电 港城", "agency", "Xinhua", 0},
        {HEAD, "新华社 Alder 电 港城", "none", "-", 0},
        {HEAD, "新华社港港港港港港港港港港港港港港港港港港港港港港3电 港城", "agency", "Xinhua", 0},
        {HEAD, "新华社港港港港港港港港港港港港港港港港港港港港港港港3电 港城", "none", "-", 0},
        {HEAD, "（新华社港城3日电）港城", "agency", "Xinhua", 0},
        {HEAD, "，，新华社港城3日电 港城", "none", "-", 0},
        /* words that the letters are short for */
        {HEAD, "Andhra Pradesh (AP) - Boats", "none", "-", 0},
        {HEAD, "Sea Islands Timber (AP) - Boats", "agency", "AP", 0},
        {HEAD, "Bay Tide Alliance (BTA) - Boats", "none", "-", 0},
        {HEAD, "Bay Tide-Alliance (BTA) - Boats", "none", "-", 0},
        {HEAD, "Bay's Tide Alliance (BTA) - Boats", "none", "-", 0},
        {HEAD, "Bay, Tide Alliance (BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "Bay of Tide and Alliance (BTA) - Boats", "none", "-", 0},
        {HEAD, "Tide Alliance (BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "The Bay Tide Alliance (BTA) - Boats", "none", "-", 0},
        {HEAD, "Bay Alliance Tide (BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "Bay of of of of of of of of of Tide Alliance (BTA) - Boats", "none", "-", 0},
        {HEAD, "Bay of of of of of of of of of of Tide Alliance (BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "All Nations Trade And River Area (ANTARA) - Boats", "none", "-", 0},
        {HEAD, "A Zone Ends: Alder (AZERTAC) - Boats", "agency", "AZERTAC", 0},
        /* slashes */
        {HEAD, "ALDER/TASS/ - Boats", "none", "-", 0},
        {HEAD, "ALDER /TASS/ - Boats", "agency", "TASS", 0},
        {HEAD, "ALDER /TASS - Boats", "none", "-", 0},
        /* names without brackets */
        {HEAD, "TASS: Boats", "agency", "TASS", 0},
        {HEAD, "TASS-Boats", "none", "-", 0},
        {HEAD, "TASS- Boats", "agency", "TASS", 0},
        {HEAD, "TASS -Boats", "agency", "TASS", 0},
        {HEAD, "TASS. Boats", "none", "-", 0},
        {HEAD, "TASS, 3 Nov Boats", "agency", "TASS", 0},
        {HEAD, "TASS, Nov 3 Boats", "none", "-", 0},
        {HEAD, "TASS; 3 Boats", "agency", "TASS", 0},
        {HEAD, "Agencies: Boats", "agency", "generic", 0},
        {HEAD, "ALDER, 3 Nov - BTA. Boats", "agency", "BTA", 0},
        {HEAD, "ALDER, 3 Nov - BTA Boats", "none", "-", 0},
        {HEAD, "ALDER, 3 Nov - BTA-Boats", "none", "-", 0},
        {HEAD, "ALDER, 3 Nov-BTA. Boats", "none", "-", 0},
        {HEAD, "ALDER, 3 Nov | BTA. Boats", "agency", "BTA", 0},
        {HEAD, "ALDER, 3 Nov, BTA. Boats", "agency", "BTA", 0},
        {HEAD, "ALDER. BTA. Boats", "agency", "BTA", 0},
        {HEAD, "Alder. BTA. Boats", "none", "-", 0},
        {HEAD, "Alder, BTA - Boats", "none", "-", 0},
        {HEAD, "Alder - BTA - Boats", "agency", "BTA", 0},
        {HEAD, "Alder - BTA. Boats", "none", "-", 0},
        {HEAD, "Alder - AAP - Boats", "none", "-", 0},
        {HEAD, "ALDER - AAP - Boats", "agency", "AAP", 0},
        {HEAD, "ALDER 3 BTA - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER 3 BTA. Boats", "none", "-", 0},
        {HEAD, "ALDER: BTA - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA - Boats", "none", "-", 0},
        {HEAD, "PORT ALDER UPPER LOWER INNER OUTER NORTH SOUTH - BTA - Boats", "agency", "BTA", 0},
        {HEAD, "PORT ALDER UPPER LOWER INNER OUTER NORTH SOUTH EAST - BTA - Boats", "none", "-", 0},
        {HEAD, "boats of ALDER - BTA - Boats", "none", "-", 0},
        {HEAD, "Photo ALDER - BTA - Boats", "none", "-", 0},
        /* what is no dateline hides none behind it */
        {HEAD, "ALDER [BOATS (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "ALDER /BOATS (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "ALDER (BOATS) (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "Bay Tide Alliance (BTA): ALDER (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "boats (BTA) of ALDER (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "boats of ALDER (With PTI inputs) - ALDER (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "مرفأ وكالة (رويترز) عبر ALDER (BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "BTA boats at ALDER (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "Boats at BTA of ALDER (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "新华社港城 ALDER (Reuters) - Boats", "agency", "Reuters", 0},
        {HEAD, "Alder - BTA boats, ALDER (Reuters) - Boats", "agency", "Reuters", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* Rows of names, and what may stand beside them in a bracket. */
static void test_edges_of_brackets(void **state)
{
    static const struct sample samples[] = {
        {HEAD, "ALDER (the the the the BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (the the the the the BTA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA news news news news) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (BTA news news news news news) - Boats", "none", "-", 0},
        {HEAD, "ALDER (\"BTA\") - Boats", "agency", "BTA", 0},
        {HEAD, "АЛЬДЕР, 3 ноября. /Корр . ТАСС/. Паром", "none", "-", 0},
        {HEAD, "Port Alder (AAP, PTI) Boats", "agency", "AAP+PTI", 0},
        {HEAD, "Port Alder (Agence France-Presse) Boats", "agency", "AFP", 0},
        {HEAD, "Port Alder (AFP) Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA, and, APA) - Boats", "agency", "BTA+APA", 0},
        {HEAD, "ALDER (BTA, and, and APA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA APA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA/abc) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (BTA/abc/def) - Boats", "none", "-", 0},
        {TAIL, "(dpa/abcde)", "from", "dpa", 0},
        {TAIL, "(dpa/abcdef)", "agency", "dpa", 0},
        {TAIL, "(dpa/Abc)", "agency", "dpa", 0},
        {TAIL, "(dpa/12)", "agency", "dpa", 0},
        {HEAD, "ALDER (BTA, PORT) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (BTA, Port) - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA, Nov 3) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (BTA, 3 Nov) - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA, PORT, ALDER) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (BTA, PORT, ALDER.) - Boats", "none", "-", 0},
        {HEAD, "АЛЬДЕР, 3 ноября. /Корр. ТАСС Анна/. Паром", "agency", "TASS", 0},
        {HEAD, "АЛЬДЕР, 3 ноября. /Корр. ТАСС Анна Полева Мор/. Паром", "agency", "TASS", 0},
        {HEAD, "АЛЬДЕР, 3 ноября. /Корр. ТАСС Анна Полева Мор Лес/. Паром", "none", "-", 0},
        {HEAD, "АЛЬДЕР, 3 ноября. /Корр. ТАСС Анна полева/. Паром", "none", "-", 0},
        {HEAD, "АЛЬДЕР, 3 ноября. /Корр. ТАСС Анна 3/. Паром", "none", "-", 0},
        {HEAD, "АЛЬДЕР, 3 ноября. /ТАСС Анна Полева/. Паром", "none", "-", 0},
        {TAIL, "/Корр. ТАСС Анна Полева/", "none", "-", 0},
        {HEAD, "[서울=연합뉴스 기자단] 김철수", "none", "-", 0},
        {HEAD, "【港城3月 AFP】", "agency", "AFP", 0},
        {HEAD, "ALDER (With BTA inputs) - Boats", "from", "BTA", 0},
        {HEAD, "ALDER (With: BTA) - Boats", "from", "BTA", 0},
        {HEAD, "ALDER (With BTA boats) - Boats", "none", "-", 0},
        {HEAD, "ALDER (Source: BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (Source: - BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (Source: BTA boats) - Boats", "none", "-", 0},
        {TAIL, "(Source: agencies)", "from", "generic", 0},
        {TAIL, "(Source: agencies, BTA)", "agency", "BTA", 0},
        {TAIL, "(agencies)", "from", "generic", 0},
        {TAIL, "(BTA)", "agency", "BTA", 0},
        {HEAD, "ALDER (Agencies) - Boats", "agency", "generic", 0},
        {HEAD, "ALDER (By BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (By Ann Field, BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (Ann Field, BTA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (By Ann Field BTA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (By Ann Field, BTA said) - Boats", "none", "-", 0},
        {HEAD, "ALDER (A mit BTA) - Boats", "from", "BTA", 0},
        {HEAD, "ALDER (A B C mit BTA) - Boats", "from", "BTA", 0},
        {HEAD, "ALDER (A B C D mit BTA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (abc/BTA) - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (abcdef/BTA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (Abc/BTA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (abc,BTA) - Boats", "none", "-", 0},
        {HEAD, "ALDER (abc/BTA said) - Boats", "none", "-", 0},
        {HEAD, "ALDER () - Boats", "none", "-", 0},
        {HEAD, "ALDER [BTA] - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (BTA] - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA\n) - Boats", "none", "-", 0},
        {HEAD, "ALDER (BTA, (APA)) - Boats", "agency", "APA", 0},
        {HEAD, "ALDER (BTA \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \") - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER (BTA \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \" \") - Boats", "none", "-", 0},
        {HEAD, "ALDER /BTA \" \" \" \" \" \"/ - Boats", "agency", "BTA", 0},
        {HEAD, "ALDER /BTA \" \" \" \" \" \" \"/ - Boats", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* Who stands beside the name in a byline, on which side, and what parts them. */
static void test_edges_of_bylines(void **state)
{
    static const struct sample samples[] = {
        {BYLINE, "Ann Field, BTA", "agency", "BTA", 0},
        {BYLINE, "BTA, Ann Field", "from", "BTA", 0},
        {BYLINE, "BTA; Ann Field", "from", "BTA", 0},
        {BYLINE, "BTA: Ann Field", "from", "BTA", 0},
        {BYLINE, "BTA [Ann Field]", "from", "BTA", 0},
        {BYLINE, "BTA (Ann Field)", "agency", "BTA", 0},
        {BYLINE, "BTA] Ann Field", "from", "BTA", 0},
        {BYLINE, "BTA) Ann Field", "from", "BTA", 0},
        {BYLINE, "Ann Field; BTA", "agency", "BTA", 0},
        {BYLINE, "Ann Field: BTA", "agency", "BTA", 0},
        {BYLINE, "BTA, PORT ALDER TOWN GREEN", "agency", "BTA", 0},
        {BYLINE, "BTA, PORT ALDER TOWN GREEN SOUTH", "from", "BTA", 0},
        {BYLINE, "BTA, PORT Alder", "from", "BTA", 0},
        {BYLINE, "BTA, Alder 3", "agency", "BTA", 0},
        {BYLINE, "Ann Field and BTA", "from", "BTA", 0},
        {BYLINE, "BTA and Ann Field", "from", "BTA", 0},
        {BYLINE, "Ann Field + BTA", "from", "BTA", 0},
        {BYLINE, "Ann Field & BTA", "from", "BTA", 0},
        {BYLINE, "Ann Field/BTA", "from", "BTA", 0},
        {BYLINE, "BTA/Ann Field", "from", "BTA", 0},
        {BYLINE, "Ann Field / BTA", "agency", "BTA", 0},
        {BYLINE, "BTA / Ann Field", "agency", "BTA", 0},
        {BYLINE, "Ann Field | BTA", "agency", "BTA", 0},
        {BYLINE, "Ann Field * BTA", "agency", "BTA", 0},
        {BYLINE, "Ann Field - BTA", "agency", "BTA", 0},
        {BYLINE, "Ann Field - AAP", "agency", "AAP", 0},
        {BYLINE, "Ann FIELD - AAP", "from", "AAP", 0},
        {BYLINE, "Ann FIELD - BTA", "agency", "BTA", 0},
        {BYLINE, "ANN FIELD - AAP", "agency", "AAP", 0},
        {BYLINE, "Ann FIELD, AAP", "agency", "AAP", 0},
        {BYLINE, "AAP - Ann FIELD", "agency", "AAP", 0},
        {BYLINE, "PORT ALDER. BTA", "agency", "BTA", 0},
        {BYLINE, "Port Alder. BTA", "none", "-", 0},
        {BYLINE, "PORT ALDER.BTA", "none", "-", 0},
        {BYLINE, "BTA.", "agency", "BTA", 0},
        {BYLINE, "BTA said", "none", "-", 0},
        {BYLINE, "agencies, Ann Field", "agency", "generic", 0},
        {BYLINE, "Ann Field, agencies", "from", "generic", 0},
        {BYLINE, "PORT ALDER, agencies", "agency", "generic", 0},
        {BYLINE, "BTA, ALDER, Ann Field", "agency", "BTA", 0},
        {BYLINE, "Ann Field and ALDER, BTA", "agency", "BTA", 0},
        {BYLINE, "BTA, harbour.example", "agency", "BTA", 0},
        {BYLINE, "BTA, @harbour", "agency", "BTA", 0},
        {BYLINE, "BTA and harbour.example", "from", "BTA", 0},
        {BYLINE, "and BTA", "agency", "BTA", 0},
        {BYLINE, "- BTA", "agency", "BTA", 0},
        {BYLINE, ", BTA", "agency", "BTA", 0},
        {BYLINE, "Ann Field, and BTA", "from", "BTA", 0},
        {BYLINE, "Ann Field and, BTA", "from", "BTA", 0},
        {BYLINE, "Ann Field, - BTA", "agency", "BTA", 0},
        {BYLINE, "BTA and APA", "agency", "BTA+APA", 0},
        {BYLINE, "Agence France-Presse and Ann Field", "from", "AFP", 0},
        {BYLINE, "Ann Field, by BTA", "agency", "BTA", 0},
        {BYLINE, "Ann Field, photo, BTA", "none", "-", 0},
        {BYLINE, "- Photo, BTA", "none", "-", 0},
        {BYLINE, "Harbour photo, BTA", "agency", "BTA", 0},
        {BYLINE, "Ann Field, BTA, photo", "from", "BTA", 0},
        {BYLINE, "B, C, D, F, G, H, J, K, L, M, N, P, Q, R, S, BTA", "agency", "BTA", 0},
        {BYLINE, "B, C, D, F, G, H, J, K, L, M, N, P, Q, R, S, T, BTA", "none", "-", 0},
        {BYLINE, "Ann Field with BTA inputs", "from", "BTA", 0},
        {BYLINE, "Ann Field with BTA boats", "none", "-", 0},
        {BYLINE, "Staff and wire reports", "from", "generic", 0},
        {BYLINE, "新华社港城电", "agency", "Xinhua", 0},
        {BYLINE, "新华社港城", "none", "-", 0},
        {BYLINE, "BTA電", "none", "-", 0},
        {FIELD, "Harbour Post Reuters", "agency", "Reuters", 0},
        {FIELD, "Reuters BTA", "agency", "Reuters+BTA", 0},
        {FIELD, "Harbour Post photo Reuters", "none", "-", 0},
        {FIELD, "Harbour Post with Reuters", "from", "Reuters", 0},
        {FIELD, "Reuters", "none", "-", "https://www.reuters.com/a"},
        {TITLE, "Reuters - Boats sail", "agency", "Reuters", 0},
        {TITLE, "Reuters - Boats", "none", "-", 0},
        {TITLE, "Reuters- Boats sail", "none", "-", 0},
        {TITLE, "Reuters -Boats sail", "none", "-", 0},
        {TITLE, "Reuters / Boats sail", "none", "-", 0},
        {TITLE, "AAP - Boats sail", "none", "-", 0},
        {TITLE, "Agencies - Boats sail", "none", "-", 0},
        {TITLE, "Boats sail (Reuters)", "agency", "Reuters", 0},
        {TITLE, "Boats (Reuters)", "none", "-", 0},
        {TITLE, "Boats sail (Reuters, BTA, APA)", "agency", "Reuters+BTA+APA", 0},
        {TITLE, "Boats sail (Reuters, BTA, APA, CTK)", "none", "-", 0},
        {TITLE, "Boats sail (the Reuters, BTA, APA)", "none", "-", 0},
        {TITLE, "Boats sail (the Reuters)", "agency", "Reuters", 0},
        {TITLE, "Boats sail (Reuters says)", "none", "-", 0},
        {TITLE, "Boats sail (AAP)", "none", "-", 0},
        {TITLE, "Boats sail /AAP", "agency", "AAP", 0},
        {TITLE, "Boats sail/AAP", "none", "-", 0},
        {TITLE, "Boats sail to /Reuters", "agency", "Reuters", 0},
        {TITLE, "Boats sail to /Reuters says", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* The place and the words that are noted for a credit. */
static void test_phrases(void **state)
{
    static const struct { enum where where; const char *words, *place, *phrase; } samples[] = {
        {HEAD, "PORT ALDER (Reuters) - Boats", "dateline", "(Reuters)"},
        {HEAD, "PORT ALDER [Reuters] - Boats", "dateline", "[Reuters]"},
        {HEAD, "ПОРТ, 3 ноября. /Корр. ТАСС/. Паром", "dateline", "/Корр. ТАСС/"},
        {HEAD, "ALDER - Agence France-Presse - Boats", "dateline", "Agence France-Presse"},
        {HEAD, "Reuters - Boats", "start", "Reuters"},
        {HEAD, "港新华社港城3日电", "none", ""},
        {HEAD, "新华社港城3日电 港城", "start", "新华社"},
        {HEAD, "（新华社港城3日电）港城", "dateline", "（新华社港城3日电）"},
        {LINE, "A heading\nBTA - Boats", "start", "BTA"},
        {LINE, "A heading\nReuters", "start", "Reuters"},
        {LINE, "By Ann Field, Associated Press", "start", "By Ann Field, Associated Press"},
        {LINE, "- BTA -", "start", "BTA"},
        {LINE, "Baku, November 29, AZERTAC", "dateline", "AZERTAC"},
        {TAIL, "(With inputs from PTI)", "end", "(With inputs from PTI)"},
        {TAIL, "Source: BTA", "end", "Source: BTA"},
        {TAIL, "© 2020 AFP", "end", "© 2020 AFP"},
        {TAIL, "x@yna.co.kr", "end", "x@"},
        {TAIL, "Ann Field and Bo Stone of BTA contributed to this report.", "end", "BTA"},
        {TAIL, "(Reporting by Ann Field; Editing by Bo Stone)", "end", "Reporting by Ann Field; Editing by Bo Stone)"},
        {GLUED, "(Reuters)", "end", "(Reuters)"},
        {GLUED, "- Reuters", "end", "Reuters"},
        {BYLINE, "Ann Field, BTA", "byline", "BTA"},
        {BYLINE, "BTA and APA", "byline", "BTA"},
        {BYLINE, "By BTA", "byline", "By BTA"},
        {BYLINE, "Le Courrier avec AFP", "byline", "avec AFP"},
        {BYLINE, "新华社港城电", "byline", "新华社港城电"},
        {FIELD, "Harbour Post Reuters", "field", "Reuters"},
        {TITLE, "Reuters - Boats sail", "title", "Reuters"},
        {TITLE, "Boats sail (Reuters)", "title", "(Reuters)"},
        {TITLE, "Boats sail /Reuters", "title", "/Reuters"},
    };
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        static char body[4096];
        const char *w = samples[i].words;
        struct dup_credit_input in = {.body = body};
        struct dup_credits found;
        switch (samples[i].where) {
        case HEAD: snprintf(body, sizeof body, "%s %s\n%s%s", w, first, rest, last); break;
        case LINE: snprintf(body, sizeof body, "%s\n%s\n%s%s", w, first, rest, last); break;
        case TAIL: snprintf(body, sizeof body, "%s\n%s%s\n%s", first, rest, last, w); break;
        case GLUED: snprintf(body, sizeof body, "%s\n%s%s %s", first, rest, last, w); break;
        default: snprintf(body, sizeof body, "%s\n%s", first, last); break;
        }
        in.body_len = strlen(body);
        if (samples[i].where == BYLINE)
            in.byline = w, in.byline_len = strlen(w);
        if (samples[i].where == FIELD)
            in.credit = w, in.credit_len = strlen(w);
        if (samples[i].where == TITLE)
            in.title = w, in.title_len = strlen(w);
        dup_credits_find(table, &in, &found);
        const struct dup_credit *credit = &found.list[0];
        const char *field = samples[i].where >= BYLINE ? w : body, *place = found.n ? dup_place_word(credit->place) : "none";
        size_t len = found.n ? credit->end - credit->begin : 0;
        if (strcmp(place, samples[i].place) != 0 || len != strlen(samples[i].phrase) ||
            (len && memcmp(field + credit->begin, samples[i].phrase, len) != 0)) {
            fprintf(stderr, "  \"%s\": got %s \"%.*s\"\n", w, place, (int)len, found.n ? field + credit->begin : "");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Claims of several places together: the strongest is the article's, repeats and "agencies" say no more. */
static void test_together(void **state)
{
    static const struct { const char *byline, *field, *title, *tail, *claim, *agencies; } samples[] = {
        {"BTA", "", "", "(BTA)", "agency", "BTA"},
        {"BTA", "", "", "With inputs from BTA", "agency", "BTA"},
        {"Ann Field and BTA", "", "", "(BTA)", "agency", "BTA+BTA"},
        {"Ann Field and BTA", "", "", "With inputs from BTA", "from", "BTA"},
        {"Ann Field and BTA", "", "", "(APA)", "agency", "BTA+APA"},
        {"BTA", "", "", "With inputs from agencies", "agency", "BTA"},
        {"Agencies", "", "", "With inputs from BTA", "agency", "BTA"},
        {"Agencies", "", "", "With inputs from agencies", "agency", "generic"},
        {"", "Reuters", "Boats sail (APA)", "(BTA)", "agency", "Reuters+BTA+APA"},
        {"BTA, APA, CTK, EFE", "", "", "(Reuters, TASS, PAP, MTI, ANSA, BNS)", "agency", "BTA+APA+CTK+EFE+Reuters+TASS+PAP+MTI"},
        {"BTA, APA, CTK, EFE, Reuters, TASS, PAP, MTI, ANSA", "", "", "", "agency", "BTA+APA+CTK+EFE+Reuters+TASS+PAP+MTI"},
    };
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        char body[2048], list[256];
        snprintf(body, sizeof body, "%s\n%s\n%s", first, last, samples[i].tail);
        struct dup_credit_input in = {.body = body, .body_len = strlen(body), .byline = samples[i].byline, .byline_len = strlen(samples[i].byline),
                                      .credit = samples[i].field, .credit_len = strlen(samples[i].field), .title = samples[i].title,
                                      .title_len = strlen(samples[i].title)};
        struct dup_credits found;
        dup_credits_find(table, &in, &found);
        list_of(&found, list, sizeof list);
        if (strcmp(dup_claim_word(found.claim), samples[i].claim) != 0 || strcmp(list, samples[i].agencies) != 0) {
            fprintf(stderr, "  %zu: got %s %s\n", i, dup_claim_word(found.claim), list);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static int is_found(const char *body, size_t len)
{
    struct dup_credit_input in = {.body = body, .body_len = len};
    struct dup_credits found;
    dup_credits_find(table, &in, &found);
    return found.claim != DUP_CLAIM_NONE;
}

/* What is looked at is bounded: so many lines and bytes of the beginning and the end, and no more. */
static void test_windows(void **state)
{
    static char body[8192];
    (void)state;
    for (int above = 0; above < 14; above++) { /* lines of the head in which an agency is named */
        size_t n = 0;
        for (int i = 0; i < above; i++)
            n += (size_t)snprintf(body + n, sizeof body - n, "BTA boats %d\n", i);
        n += (size_t)snprintf(body + n, sizeof body - n, "Reuters\n%s%s%s%s%s%s", first, rest, rest, rest, rest, rest);
        assert_int_equal(is_found(body, n), above < 5);
    }
    for (int below = 0; below < 30; below++) { /* short lines under the credit */
        size_t n = (size_t)snprintf(body, sizeof body, "%s%s%s(BTA)\n", first, rest, rest);
        for (int i = 0; i < below; i++)
            n += (size_t)snprintf(body + n, sizeof body - n, "Note %d  \n%s", i, i % 2 ? "\n" : "");
        assert_int_equal(is_found(body, n), below < 24);
    }
    for (size_t pad = 380; pad < 520; pad++) { /* bytes before a dateline's bracket, two lines of them */
        size_t n = 0;
        for (; n < pad; n++)
            body[n] = n % 9 == 8 ? ' ' : 'x';
        body[200] = '\n';
        n += (size_t)snprintf(body + n, sizeof body - n, "\nALDER (Reuters) - %s", first);
        assert_int_equal(is_found(body, n), pad + strlen("\nALDER (Reuters) ") <= 500);
    }
    for (size_t pad = 1500; pad < 1700; pad += 7) { /* bytes under the credit of the tail */
        size_t n = (size_t)snprintf(body, sizeof body, "%s%s%s(BTA)\n", first, rest, rest);
        for (size_t i = 0; i < pad; i++)
            body[n++] = i % 180 == 179 ? '\n' : i % 9 == 8 ? ' ' : 'x';
        assert_int_equal(is_found(body, n), pad + strlen("(BTA)\n") <= 1600);
    }
}

/* The end of a text: what closes it, what announces a name there, and what may stand behind it. */
static void test_edges_of_tails(void **state)
{
    static const struct sample samples[] = {
        /* brackets and dashes that close a line of text */
        {GLUED, "(BTA)", "agency", "BTA", 0},
        {GLUED, "(BTA).", "agency", "BTA", 0},
        {GLUED, "[BTA]", "agency", "BTA", 0},
        {GLUED, "/BTA/", "agency", "BTA", 0},
        {GLUED, "(BTA) more", "none", "-", 0},
        {GLUED, "(agencies)", "from", "generic", 0},
        {TAIL, "Boats (AAP)", "none", "-", 0},
        {GLUED, "So say the boats (BTA)", "agency", "BTA", 0},
        {GLUED, "So say the boats (AAP)", "none", "-", 0},
        {GLUED, "So say the boats /BTA/", "none", "-", 0},
        {GLUED, "So say the Boats (BTA)", "none", "-", 0},
        {GLUED, "So say the boats. (AAP)", "agency", "AAP", 0},
        {GLUED, "So say the boats! (AAP)", "agency", "AAP", 0},
        {GLUED, "So say the \"boats\" (AAP)", "agency", "AAP", 0},
        {GLUED, "So say the boats, (AAP)", "none", "-", 0},
        {GLUED, "So say the boats (with AAP)", "from", "AAP", 0},
        {GLUED, "So say the boats. - BTA", "agency", "BTA", 0},
        {GLUED, "So say the boats - BTA", "none", "-", 0},
        {GLUED, "\"So say the boats\" - BTA", "agency", "BTA", 0},
        {GLUED, "So say (we) - BTA", "agency", "BTA", 0},
        {GLUED, "So say the boats -- BTA", "agency", "BTA", 0},
        {GLUED, "So say the boats. - BTA said", "none", "-", 0},
        {GLUED, "So say the boats. - agencies", "from", "generic", 0},
        {TAIL, "()", "none", "-", 0},
        /* sources */
        {TAIL, "Source: BTA", "agency", "BTA", 0},
        {TAIL, "Source BTA", "agency", "BTA", 0},
        {TAIL, "Source: - BTA", "agency", "BTA", 0},
        {TAIL, "Source: BTA said", "none", "-", 0},
        {TAIL, "Source: harbour board, BTA", "none", "-", 0},
        {TAIL, "Source: harbour, BTA", "agency", "BTA", 0},
        {TAIL, "Source: harbour + BTA", "agency", "BTA", 0},
        {TAIL, "Source: harbour / BTA", "agency", "BTA", 0},
        {TAIL, "Source: abc/BTA", "from", "BTA", 0},
        {TAIL, "Source: Abc/BTA", "agency", "BTA", 0},
        {TAIL, "Source: abcde/BTA", "agency", "BTA", 0},
        {TAIL, "Source: BTA, harbour", "agency", "BTA", 0},
        {TAIL, "Source: www.reuters.com", "agency", "Reuters", 0},
        {TAIL, "Source: https://www.reuters.com/boats/one", "agency", "Reuters", 0},
        {TAIL, "Source: www.harbour.example", "none", "-", 0},
        {TAIL, "The source is a spring by the road.", "none", "-", 0},
        /* copyright */
        {TAIL, "Copyright BTA", "agency", "BTA", 0},
        {TAIL, "Copyright 2020, 2021 - BTA", "agency", "BTA", 0},
        {TAIL, "\xc2\xa9 1, 2, 3, 4 BTA", "agency", "BTA", 0},
        {TAIL, "\xc2\xa9 1, 2, 3, 4, BTA", "none", "-", 0},
        {TAIL, "(c) BTA", "agency", "BTA", 0},
        {TAIL, "(C) 2020 BTA", "agency", "BTA", 0},
        {TAIL, "(с) 2020 ТАСС", "agency", "TASS", 0},
        {TAIL, "(d) 2020 BTA boats", "none", "-", 0},
        {TAIL, "\xc2\xa9 2020 by BTA", "agency", "BTA", 0},
        {TAIL, "\xc2\xa9 BTA 2020", "agency", "BTA", 0},
        {TAIL, "\xc2\xa9 BTA/Ann Field", "none", "-", 0},
        {TAIL, "\xc2\xa9 BTA, 2020 / Ann Field", "none", "-", 0},
        {TAIL, "\xc2\xa9 AAP Ann Field", "none", "-", 0},
        {TAIL, "\xc2\xa9 AAP boats", "agency", "AAP", 0},
        {TAIL, "\xc2\xa9 agencies", "none", "-", 0},
        {TAIL, "\xc2\xa9 2020 Harbour Post, BTA", "none", "-", 0},
        {TAIL, "\xc2\xa9 2020 Reuters", "none", "-", "https://www.reuters.com/a"},
        {TAIL, "ann@reuters.com", "agency", "Reuters", 0},
        {TAIL, "@reuters.com", "none", "-", 0},
        {TAIL, "ann@harbour.example", "none", "-", 0},
        {TAIL, "Write to ann@reuters.com, or call", "agency", "Reuters", 0},
        /* given, and made with */
        {TAIL, "BTA contributed to this report", "from", "BTA", 0},
        {TAIL, "BTA and APA contributed to this report", "from", "BTA+APA", 0},
        {TAIL, "Ann Field of BTA and Bo Stone of APA contributed to this report", "from", "BTA+APA", 0},
        {TAIL, "BTA contributed to this report of boats", "none", "-", 0},
        {TAIL, "Our standards: The Thomson Reuters Trust Principles.", "agency", "Reuters", 0},
        {GLUED, "With inputs from BTA", "from", "BTA", 0},
        {GLUED, "With inputs from BTA.", "from", "BTA", 0},
        {GLUED, "With BTA", "from", "BTA", 0},
        {GLUED, "He went with BTA", "none", "-", 0},
        {TAIL, "With inputs from BTA inputs", "from", "BTA", 0},
        {TAIL, "With inputs from BTA. Boats sail daily", "from", "BTA", 0},
        {TAIL, "With BTA. Boats sail daily", "none", "-", 0},
        {TAIL, "Inputs from BTA. Boats sail daily", "from", "BTA", 0},
        {TAIL, "With inputs from BTA boats", "none", "-", 0},
        {TAIL, "Boats (with inputs from BTA) sail", "from", "BTA", 0},
        {TAIL, "Staff and wire reports", "from", "generic", 0},
        {TAIL, "Staff and wire reports of boats", "none", "-", 0},
        {TAIL, "Originally published by BTA and others", "agency", "BTA", 0},
        {TAIL, "Publicado originalmente Harbour Post", "agency", "generic", 0},
        {TAIL, "The story of boats was originally published by BTA", "agency", "BTA", 0},
        {TAIL, "The story of the boats was there originally published by BTA", "none", "-", 0},
        {TAIL, "Originally published by the harbour", "none", "-", 0},
        {TAIL, "Originally published by harbour.example", "agency", "generic", 0},
        {TAIL, "Originally published by harbour. Later", "none", "-", 0},
        {TAIL, "Originally published by: Harbour Post", "agency", "generic", 0},
        {TAIL, "originally published by Harbour Post", "agency", "generic", 0},
        {TAIL, "It was originally published by Harbour Post", "none", "-", 0},
        {TAIL, "Was originally published by Harbour Post", "agency", "generic", 0},
        /* sign-offs */
        {TAIL, "Reporting by Ann Field", "agency", "Reuters", 0},
        {TAIL, "Reporting by Ann Field:", "none", "-", 0},
        {TAIL, "Reporting by Ann Field,", "none", "-", 0},
        {TAIL, "Reporting: Ann Field", "none", "-", 0},
        {TAIL, "Reporting: Ann Field; Editing by Bo Stone", "agency", "Reuters", 0},
        {TAIL, "Written by Ann Field", "none", "-", 0},
        {TAIL, "Written by Ann Field; Editing by Bo Stone", "agency", "Reuters", 0},
        {TAIL, "Reporting by BTA", "from", "BTA", 0},
        {GLUED, "Reporting by Ann Field", "none", "-", 0},
        {GLUED, "(Reporting by Ann Field)", "agency", "Reuters", 0},
        /* desks, persons and papers on a line of their own */
        {TAIL, "BTA abcd", "none", "-", 0},
        {TAIL, "BTA abc/def", "agency", "BTA", 0},
        {TAIL, "BTA abcde/def", "none", "-", 0},
        {TAIL, "BTA ABC DEF GHI JKL", "agency", "BTA", 0},
        {TAIL, "BTA ABC DEF GHI JKL MNO PQR STU VWX", "agency", "BTA", 0},
        {TAIL, "BTA ABC DEF GHI JKL MNO PQR STU VWX YZA", "none", "-", 0}, {TAIL, "BTA abc/def ghi/jkl mno", "none", "-", 0},
        {TAIL, "BTA ABC def", "none", "-", 0},
        {TAIL, "BTA ABC, DEF", "none", "-", 0},
        {TAIL, "BTA:12-34/5", "agency", "BTA", 0},
        {TAIL, "BTA:12-34/x", "none", "-", 0},
        {TAIL, "BTA:", "none", "-", 0},
        {TAIL, "BTA/(Ann Field", "agency", "BTA", 0},
        {TAIL, "agencies abc/def", "none", "-", 0},
        {TAIL, "abc/def/BTA", "from", "BTA", 0},
        {TAIL, "abc/def (BTA, APA)", "from", "BTA+APA", 0},
        {TAIL, "ABC/BTA", "from", "BTA", 0},
        {TAIL, "abcdef/BTA", "none", "-", 0},
        {TAIL, "abc / BTA", "none", "-", 0},
        {TAIL, "abc/BTA boats", "none", "-", 0},
        {TAIL, "Ann Field, BTA", "agency", "BTA", 0},
        {TAIL, "Ann, BTA", "none", "-", 0},
        {TAIL, "Ann Field - BTA", "agency", "BTA", 0},
        {TAIL, "Ann Field | BTA", "agency", "BTA", 0},
        {TAIL, "Ann Field-BTA", "none", "-", 0},
        {TAIL, "Ann Field, agencies", "none", "-", 0},
        {TAIL, "ann field, BTA", "none", "-", 0},
        {TAIL, "A. B. Field, BTA", "agency", "BTA", 0},
        {TAIL, "Ann Field; BTA", "none", "-", 0},
        {TAIL, "Ann Field, Bo Stone, BTA", "agency", "BTA", 0},
        {TAIL, "Le Monde avec BTA", "from", "BTA", 0},
        {TAIL, "Le Grand Monde avec BTA", "from", "BTA", 0},
        {TAIL, "Le Tout Grand Monde avec BTA", "none", "-", 0},
        {TAIL, "Le monde avec BTA", "none", "-", 0},
        {LINE, "ALDER-BTA", "agency", "BTA", 0},
        {LINE, "Alder, Nov 3, BTA", "agency", "BTA", 0},
        {LINE, "Alder, BTA", "none", "-", 0},
        {LINE, "Alder Town Port Green 3, BTA", "agency", "BTA", 0},
        {LINE, "Alder Town Port Green South East West Bay 3, BTA", "agency", "BTA", 0},
        {LINE, "Alder Town Port Green South East West Bay Cape 3, BTA", "none", "-", 0},
        {LINE, "alder-BTA", "none", "-", 0},
        {LINE, "A B C D E, BTA", "agency", "BTA", 0},
        {LINE, "abc/BTA", "none", "-", 0},
        {LINE, "* BTA *", "agency", "BTA", 0},
        {LINE, "BTA boats", "none", "-", 0},
        {LINE, "agencies", "agency", "generic", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* What the agencies of the world print, each in its own shapes. */
static void test_world(void **state)
{
    static const struct sample samples[] = {
        {HEAD, "Madrid, 3 nov (EFE)", "agency", "EFE", 0},
        {HEAD, "Puerto Alder (España), 3 nov (EFE).-", "agency", "EFE", 0},
        {HEAD, "MADRID 3 Nov. (EUROPA PRESS) -", "agency", "Europa Press", 0},
        {TAIL, "EFE abc/def/ghi", "agency", "EFE", 0},
        {TAIL, "EFE\nabc/def", "agency", "EFE", 0},
        {TAIL, "(Con información de EFE y Europa Press)", "from", "EFE+Europa Press", 0},
        {TAIL, "Redacción con agencias", "from", "generic", 0},
        {TAIL, "Agencia EFE", "agency", "EFE", 0},
        {TAIL, "© EFE 2020. Está expresamente prohibida la redistribución y la redifusión de todo o parte de los contenidos de los servicios de Efe, sin previo y expreso consentimiento de la Agencia EFE S.A.", "agency", "EFE", 0},
        {TAIL, "© dpa-infocom, dpa:201103-99-123456/3", "agency", "dpa", 0},
        {TAIL, "dpa:201103-99-123456/3", "agency", "dpa", 0},
        {HEAD, "Berlin (dpa/tmn) -", "agency", "dpa", 0},
        {HEAD, "Hamburg/Berlin (dpa) –", "agency", "dpa", 0},
        {TAIL, "(APA/red)", "from", "APA", 0},
        {TAIL, "Quelle: APA/dpa", "agency", "APA+dpa", 0},
        {TAIL, "(Quelle: APA)", "agency", "APA", 0},
        {TAIL, "(dpa/afp/reuters/abc)", 0, "dpa+AFP+Reuters", 0},
        {TAIL, "SDA", "agency", "Keystone-SDA", 0},
        {TAIL, "(abc/sda)", "from", "Keystone-SDA", 0},
        {TAIL, "Mit Material der dpa", "from", "dpa", 0},
        {HEAD, "Paris (AFP) –", "agency", "AFP", 0},
        {HEAD, "Port-Alder (France) - (AFP) -", "agency", "AFP", 0},
        {TAIL, "Le Monde avec AFP", "from", "AFP", 0},
        {BYLINE, "Le Courrier du port avec AFP", "from", "AFP", 0},
        {BYLINE, "Rédaction avec AFP", "from", "AFP", 0},
        {TAIL, "© 2020 AFP", "agency", "AFP", 0},
        {TAIL, "(Belga)", "agency", "Belga", 0},
        {TAIL, "ats", "agency", "Keystone-SDA", 0},
        {TAIL, "(ATS)", "agency", "Keystone-SDA", 0},
        {HEAD, "Lisboa, 03 nov (Lusa) -", "agency", "Lusa", 0},
        {TAIL, "Lusa", "agency", "Lusa", 0},
        {BYLINE, "Agência Lusa", "agency", "Lusa", 0},
        {BYLINE, "Lusa", "agency", "Lusa", 0},
        {TAIL, "*Com informações da Agência Lusa.", "from", "Lusa", 0},
        {TAIL, "Com informações da Agência Estado e da Reuters", "from", 0, 0},
        {HEAD, "(ANSA) - ROMA, 03 NOV -", "agency", "ANSA", 0},
        {HEAD, "Roma, 3 nov. (Adnkronos/Labitalia) -", "agency", "Adnkronos", 0},
        {HEAD, "(AGI) - Roma, 3 nov. -", "agency", "AGI", 0},
        {HEAD, "Milano, 3 nov. (LaPresse) -", "agency", "LaPresse", 0},
        {HEAD, "(Teleborsa) -", "agency", "Teleborsa", 0},
        {TAIL, "(ANSA).\nRIPRODUZIONE RISERVATA", "agency", "ANSA", 0},
        {TAIL, "Fonte: Adnkronos", "agency", "Adnkronos", 0},
        {TAIL, "(Fonte Ansa)", "agency", "ANSA", 0},
        {TAIL, "(PAP)\n\nabc/ def/", "agency", "PAP", 0},
        {TAIL, "Źródło: PAP", "agency", "PAP", 0},
        {TAIL, "(PAP, IAR)", "agency", "PAP+IAR", 0},
        {TAIL, "autor: Anna Pole\n\nabc/ def/", "none", "-", 0},
        {BYLINE, "PAP", "agency", "PAP", 0},
        {BYLINE, "oprac. Anna Pole, źródło: PAP", 0, "PAP", 0},
        {HEAD, "Anna TARLA/LİMANKÖY, (DHA)-", "agency", "DHA", 0},
        {HEAD, "LİMANKÖY (İHA) -", "agency", "IHA", 0},
        {TAIL, "Kaynak: AA", "agency", "Anadolu", 0},
        {TAIL, "Kaynak: DHA", "agency", "DHA", 0},
        {TAIL, "(İHA)", "agency", "IHA", 0},
        {TAIL, "DHA", "agency", "DHA", 0},
        {TAIL, "Kaynak: İhlas Haber Ajansı", "agency", "IHA", 0},
        {BYLINE, "Anadolu Ajansı", "agency", "Anadolu", 0},
        {BYLINE, "DHA", "agency", "DHA", 0},
        {HEAD, "МОСКВА, 3 ноября. /ТАСС/.", "agency", "TASS", 0},
        {HEAD, "ПОРТ-АЛЬДЕР, 3 ноября. /Корр. ТАСС Анна Полева/.", "agency", "TASS", 0},
        {HEAD, "Москва. 3 ноября. ИНТЕРФАКС -", "agency", "Interfax", 0},
        {HEAD, "3 ноября. Interfax-Russia.ru –", "agency", "Interfax", 0},
        {HEAD, "МОСКВА, 3 ноя — ПРАЙМ.", "agency", "Prime", 0},
        {TAIL, "Источник: Интерфакс", "agency", "Interfax", 0},
        {TAIL, "По материалам ТАСС, РИА Новости", "from", "TASS+RIA", 0},
        {TAIL, "По материалам: ТАСС", "from", "TASS", 0},
        {HEAD, "КИЇВ. 3 листопада. УНН.", "agency", "UNN", 0},
        {HEAD, "Київ. 3 листопада. ІНТЕРФАКС-УКРАЇНА –", "agency", "Interfax-Ukraine", 0},
        {TAIL, "Джерело: Укрінформ", "agency", "Ukrinform", 0},
        {TAIL, "За матеріалами Укрінформ", "from", "Ukrinform", 0},
        {TAIL, "Джерело: УНІАН", "agency", "UNIAN", 0},
        {HEAD, "КИЕВ, 3 ноября - УНИАН.", "agency", "UNIAN", 0},
        {HEAD, "МИНСК, 3 ноября - БелТА.", "agency", "BelTA", 0},
        {TAIL, "Крыніца: БЕЛТА", "agency", "BelTA", 0},
        {HEAD, "القاهرة 3 نوفمبر 2020 (شينخوا)", "agency", "Xinhua", 0},
        {HEAD, "بيروت - (أ ف ب)", "agency", "AFP", 0},
        {HEAD, "عواصم - وكالات:", 0, "generic", 0},
        {TAIL, "المصدر: رويترز", "agency", "Reuters", 0},
        {TAIL, "المصدر: وكالات", "from", "generic", 0},
        {TAIL, "المصدر: الأناضول", "agency", "Anadolu", 0},
        {TAIL, "(أ ف ب)", "agency", "AFP", 0},
        {TAIL, "(د ب أ)", "agency", "dpa", 0},
        {TAIL, "م.م (أ ف ب، رويترز)", 0, "AFP+Reuters", 0},
        {HEAD, "تهران (ایسنا) -", "agency", "ISNA", 0},
        {TAIL, "منبع: ایسنا", "agency", "ISNA", 0},
        {TAIL, "منبع: خبرگزاری مهر", "agency", "Mehr", 0},
        {TAIL, "انتهای پیام/", "none", "-", 0},
        {HEAD, "नयी दिल्ली, तीन नवंबर (भाषा)", "agency", "PTI", 0},
        {TAIL, "(भाषा)", "agency", "PTI", 0},
        {TAIL, "(इनपुट-भाषा)", "from", "PTI", 0},
        {TAIL, "--आईएएनएस", "agency", "IANS", 0},
        {TAIL, "(इनपुट: आईएएनएस)", "from", "IANS", 0},
        {TAIL, "इनपुट- एजेंसी", "from", "generic", 0},
        {TAIL, "(एजेंसी इनपुट के साथ)", "from", "generic", 0},
        {BYLINE, "भाषा", "agency", "PTI", 0},
        {HEAD, "Jakarta, 3/11 (ANTARA) -", "agency", "Antara", 0},
        {TAIL, "Sumber: Antara", "agency", "Antara", 0},
        {TAIL, "Sumber : ANTARA", "agency", "Antara", 0},
        {TAIL, "Pewarta: Anna Padang\nEditor: Budi Laut\nCOPYRIGHT © ANTARA 2020", "agency", "Antara", 0},
        {HEAD, "KUALA LUMPUR, 3 Nov (Bernama) --", "agency", "Bernama", 0},
        {TAIL, "– BERNAMA", "agency", "Bernama", 0},
        {TAIL, "-- BERNAMA", "agency", "Bernama", 0},
        {HEAD, "【北京共同】", "agency", "Kyodo", 0},
        {HEAD, "【ニューヨーク時事】", "agency", "Jiji", 0},
        {TAIL, "（共同）", "agency", "Kyodo", 0},
        {TAIL, "（ロイター）", "agency", "Reuters", 0},
        {TAIL, "(c)AFP", "agency", "AFP", 0},
        {BYLINE, "共同通信", "agency", "Kyodo", 0},
        {BYLINE, "時事通信", "agency", "Jiji", 0},
        {HEAD, "新华社港城11月3日电（记者王某 李某）", "agency", "Xinhua", 0},
        {HEAD, "中新社港城11月3日电 题：", "agency", "CNS", 0},
        {TAIL, "（新华社）", "agency", "Xinhua", 0},
        {TAIL, "来源：新华社", "agency", "Xinhua", 0},
        {TAIL, "来源：中国新闻网", "agency", "CNS", 0},
        {TAIL, "（完）", "none", "-", 0},
        {TAIL, "（據中央社）", 0, "CNA", 0},
        {TAIL, "（新華社）", "agency", "Xinhua", 0},
        {HEAD, "（中央社台北3日電）", "agency", "CNA", 0},
        {HEAD, "(항구=연합뉴스) 김철수 기자 =", "agency", "Yonhap", 0},
        {HEAD, "【서울=뉴시스】김철수 기자 =", "agency", "Newsis", 0},
        {TAIL, "abc@yna.co.kr", "agency", "Yonhap", 0},
        {TAIL, "<저작권자(c) 연합뉴스, 무단 전재-재배포 금지>", "agency", "Yonhap", 0},
        {BYLINE, "연합뉴스", "agency", "Yonhap", 0},
        {TAIL, "[연합뉴스]", "agency", "Yonhap", 0},
        {HEAD, "Hà Nội (TTXVN) -", "agency", "VNA", 0},
        {TAIL, "(TTXVN)", "agency", "VNA", 0},
        {TAIL, "Theo TTXVN", "agency", "VNA", 0},
        {TAIL, "(Theo TTXVN)", "agency", "VNA", 0},
        {TAIL, "Nguồn: TTXVN", "agency", "VNA", 0},
        {TAIL, "Theo AFP, Reuters", "agency", "AFP+Reuters", 0},
        {TAIL, "Πηγή: ΑΠΕ-ΜΠΕ", "agency", "ANA-MPA", 0},
        {TAIL, "(ΑΠΕ-ΜΠΕ)", "agency", "ANA-MPA", 0},
        {TAIL, "Με πληροφορίες από ΑΠΕ-ΜΠΕ", "from", "ANA-MPA", 0},
        {TAIL, "Με πληροφορίες από Reuters, AFP", "from", "Reuters+AFP", 0},
        {TAIL, "ΠΗΓΗ ΑΠΕ-ΜΠΕ", "agency", "ANA-MPA", 0},
        {TAIL, "TT", "agency", "TT", 0},
        {BYLINE, "TT", "agency", "TT", 0},
        {BYLINE, "Anna Fält/TT", "from", "TT", 0},
        {TAIL, "(TT)", "agency", "TT", 0},
        {TAIL, "(NTB)", "agency", "NTB", 0},
        {BYLINE, "NTB", "agency", "NTB", 0},
        {BYLINE, "NTB-AFP", "agency", "NTB+AFP", 0},
        {TAIL, "/ritzau/", "agency", "Ritzau", 0},
        {TAIL, "/ritzau/AFP/", "agency", "Ritzau+AFP", 0},
        {HEAD, "/ritzau/", "agency", "Ritzau", 0},
        {BYLINE, "Ritzau", "agency", "Ritzau", 0},
        {TAIL, "Lähde: STT", "agency", "STT", 0},
        {HEAD, "(STT)", "agency", "STT", 0},
        {TAIL, "STT", "agency", "STT", 0},
        {BYLINE, "STT-AFP", "agency", "STT+AFP", 0},
        {HEAD, "DEN HAAG (ANP) -", "agency", "ANP", 0},
        {TAIL, "Bron: ANP", "agency", "ANP", 0},
        {TAIL, "(ANP)", "agency", "ANP", 0},
        {TAIL, "© ANP", "agency", "ANP", 0},
        {BYLINE, "Onze redactie/ANP", 0, "ANP", 0},
        {BYLINE, "ČTK", "agency", "CTK", 0},
        {TAIL, "Zdroj: ČTK", "agency", "CTK", 0},
        {TAIL, "(ČTK)", "agency", "CTK", 0},
        {HEAD, "Praha - 3. listopadu (ČTK)", "agency", "CTK", 0},
        {TAIL, "Autor: ČTK", "agency", "CTK", 0},
        {TAIL, "Zdroj: TASR", "agency", "TASR", 0},
        {TAIL, "(TASR, SITA)", "agency", "TASR+SITA", 0},
        {HEAD, "Budapest, november 3., kedd (MTI) -", "agency", "MTI", 0},
        {HEAD, "Budapest, 2020. november 3., kedd (MTI) -", "agency", "MTI", 0},
        {TAIL, "(MTI)", "agency", "MTI", 0},
        {TAIL, "Forrás: MTI", "agency", "MTI", 0},
        {TAIL, "MTI", "agency", "MTI", 0},
        {BYLINE, "MTI", "agency", "MTI", 0},
        {TAIL, "AGERPRES/(A - autor: Ana Câmp, editor: Ion Mal)", "agency", "Agerpres", 0},
        {TAIL, "(AGERPRES)", "agency", "Agerpres", 0},
        {TAIL, "Sursa: Agerpres", "agency", "Agerpres", 0},
        {TAIL, "Sursa: Mediafax", "agency", "Mediafax", 0},
        {HEAD, "BEOGRAD – (Tanjug)", "agency", "Tanjug", 0},
        {TAIL, "Izvor: Tanjug", "agency", "Tanjug", 0},
        {TAIL, "Извор: Танјуг", "agency", "Tanjug", 0},
        {BYLINE, "Tanjug", "agency", "Tanjug", 0},
        {BYLINE, "Izvor: Beta", "agency", "Beta", 0},
        {BYLINE, "Hina", "agency", "Hina", 0},
        {BYLINE, "Piše: Hina", "agency", "Hina", 0},
        {TAIL, "(Hina)", "agency", "Hina", 0},
        {HEAD, "SARAJEVO, 3. novembra (FENA) -", "agency", "FENA", 0},
        {TAIL, "(FENA)", "agency", "FENA", 0},
        {TAIL, "Izvor: FENA", "agency", "FENA", 0},
        {HEAD, "СОФИЯ, 3 ноември (БТА) –", "agency", "BTA", 0},
        {TAIL, "Източник: БТА", "agency", "BTA", 0},
        {TAIL, "/БТА/", "agency", "BTA", 0},
        {BYLINE, "БТА", "agency", "BTA", 0},
        {TAIL, "Vir: STA", "agency", "STA", 0},
        {BYLINE, "STA", "agency", "STA", 0},
        {TAIL, "Šaltinis: BNS", "agency", "BNS", 0},
        {BYLINE, "ELTA", "agency", "ELTA", 0},
        {TAIL, "Avots: LETA", "agency", "LETA", 0},
        {TAIL, "ที่มา: รอยเตอร์", "agency", "Reuters", 0},
        {TAIL, "Reunión con AFP", "none", "-", 0},
        {TAIL, "Interview with Reuters", "none", "-", 0},
        {TAIL, "AFP: 20 boats, 3 piers", "none", "-", 0},
        {TAIL, "Reuters: see page 3", "none", "-", 0},
        {HEAD, "The harbour town (Sea Anna Marsh) said", "none", "-", 0},
        {HEAD, "The editor of the agency (News AFP Anna Marsh) said", "none", "-", 0},
        {GLUED, "The town paid for the boat (AFP/ Anna Marsh).", "none", "-", 0},
        {TAIL, "Foto: Anna Marsh (©NTB)", "none", "-", 0},
        {TAIL, "Autor: Anna Marsh", "none", "-", 0},
        {TAIL, "Autor: Anna Marsh (foto: ČTK)", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

static void test_tails(void **state)
{
    static const struct sample samples[] = {
        {TAIL, "PTI", "agency", "PTI", 0},
        {GLUED, "PTI", "none", "-", 0},
        {TAIL, "(Reuters)", "agency", "Reuters", 0},
        {GLUED, "(Reuters)", "agency", "Reuters", 0},
        {GLUED, "- Reuters", "agency", "Reuters", 0},
        {GLUED, "— AFP", "agency", "AFP", 0},
        {GLUED, "(AFP)", "agency", "AFP", 0},
        {TAIL, "-- IANS", "agency", "IANS", 0},
        {TAIL, "--IANS", "agency", "IANS", 0},
        {TAIL, "--IANS abc/def", "agency", "IANS", 0},
        {TAIL, "PTI ABC DEF", "agency", "PTI", 0},
        {TAIL, "With inputs from PTI", "from", "PTI", 0},
        {TAIL, "(With inputs from PTI)", "from", "PTI", 0},
        {TAIL, "(With PTI inputs)", "from", "PTI", 0},
        {TAIL, "(With agency inputs)", "from", "generic", 0},
        {TAIL, "With input from agencies", "from", "generic", 0},
        {TAIL, "(Inputs from ANI)", "from", "ANI", 0},
        {TAIL, "With inputs from ANI and PTI.", "from", "ANI+PTI", 0},
        {TAIL, "— With files from The Canadian Press", "from", "CP", 0},
        {TAIL, "The Associated Press contributed to this report.", "from", "AP", 0},
        {TAIL, "Reuters contributed to this article.", "from", "Reuters", 0},
        {TAIL, "Associated Press writer Ann Field in Paris contributed to this report.", "from", "AP", 0},
        {TAIL, "(This story has not been edited by our staff and is auto-generated from a syndicated feed.)", "agency", "generic", 0},
        {TAIL, "© 2020 AFP", "agency", "AFP", 0},
        {TAIL, "(c) 2020, Bloomberg", "agency", "Bloomberg", 0},
        {TAIL, "Copyright 2020 The Associated Press. All rights reserved.", "agency", "AP", 0},
        {TAIL, "(Reporting by Ann Field; Editing by Bo Stone)", "agency", "Reuters", 0},
        {TAIL, "Reporting by Ann Field; editing by Bo Stone", "agency", "Reuters", 0},
        {TAIL, "Quelle: dpa", "agency", "dpa", 0},
        {TAIL, "Quelle: ntv.de, abc/dpa", "from", "dpa", 0},
        {TAIL, "dpa", "agency", "dpa", 0},
        {TAIL, "(dpa)", "agency", "dpa", 0},
        {TAIL, "(APA)", "agency", "APA", 0},
        {TAIL, "(sda)", "agency", "Keystone-SDA", 0},
        {TAIL, "mit Material von dpa", "from", "dpa", 0},
        {TAIL, "abc/AFP", "from", "AFP", 0},
        {TAIL, "(AFP/dpa/abc)", 0, 0, 0},
        {TAIL, "Avec AFP", "from", "AFP", 0},
        {TAIL, "(avec AFP)", "from", "AFP", 0},
        {TAIL, "(avec agences)", "from", "generic", 0},
        {TAIL, "Source : AFP", "agency", "AFP", 0},
        {TAIL, "Avec Reuters et AFP", "from", "Reuters+AFP", 0},
        {TAIL, "Fuente: EFE", "agency", "EFE", 0},
        {TAIL, "EFE", "agency", "EFE", 0},
        {TAIL, "(Con información de EFE)", "from", "EFE", 0},
        {TAIL, "Con información de agencias", "from", "generic", 0},
        {TAIL, "Con información de AFP y Reuters.", "from", "AFP+Reuters", 0},
        {TAIL, "Fonte: ANSA", "agency", "ANSA", 0},
        {TAIL, "(ANSA).", "agency", "ANSA", 0},
        {TAIL, "RIPRODUZIONE RISERVATA © Copyright ANSA", "agency", "ANSA", 0},
        {TAIL, "Fonte: Agência Brasil", "agency", "Agencia Brasil", 0},
        {TAIL, "*Com informações da Agência Brasil", "from", "Agencia Brasil", 0},
        {TAIL, "Com informações da Reuters.", "from", "Reuters", 0},
        {TAIL, "Lusa", "agency", "Lusa", 0},
        {TAIL, "Kaynak: AA", "agency", "Anadolu", 0},
        {TAIL, "Kaynak: Anadolu Ajansı", "agency", "Anadolu", 0},
        {TAIL, "(DHA)", "agency", "DHA", 0},
        {TAIL, "Źródło: PAP", "agency", "PAP", 0},
        {TAIL, "(PAP)", "agency", "PAP", 0},
        {TAIL, "Zdroj: ČTK", "agency", "CTK", 0},
        {TAIL, "Forrás: MTI", "agency", "MTI", 0},
        {TAIL, "(MTI)", "agency", "MTI", 0},
        {TAIL, "Sursa: Agerpres", "agency", "Agerpres", 0},
        {TAIL, "Izvor: Tanjug", "agency", "Tanjug", 0},
        {TAIL, "Izvor: Hina", "agency", "Hina", 0},
        {TAIL, "Bron: ANP", "agency", "ANP", 0},
        {TAIL, "(ANP)", "agency", "ANP", 0},
        {TAIL, "/ritzau/", "agency", "Ritzau", 0},
        {TAIL, "Källa: TT", "agency", "TT", 0},
        {TAIL, "(TT)", "agency", "TT", 0},
        {TAIL, "STT", "agency", "STT", 0},
        {TAIL, "Lähde: STT", "agency", "STT", 0},
        {TAIL, "Источник: ТАСС", "agency", "TASS", 0},
        {TAIL, "По материалам РИА Новости", "from", "RIA", 0},
        {TAIL, "По материалам агентств", "from", "generic", 0},
        {TAIL, "Джерело: Укрінформ", "agency", "Ukrinform", 0},
        {TAIL, "Πηγή: ΑΠΕ-ΜΠΕ", "agency", "ANA-MPA", 0},
        {TAIL, "المصدر: رويترز", "agency", "Reuters", 0},
        {TAIL, "المصدر : وكالات", "from", "generic", 0},
        {TAIL, "(أ ف ب)", "agency", "AFP", 0},
        {TAIL, "منبع: ایسنا", "agency", "ISNA", 0},
        {TAIL, "(भाषा)", "agency", "PTI", 0},
        {TAIL, "--आईएएनएस", "agency", "IANS", 0},
        {TAIL, "इनपुट- एएनआई", "from", "ANI", 0},
        {TAIL, "(इनपुट: पीटीआई)", "from", "PTI", 0},
        {TAIL, "(एजेंसी इनपुट के साथ)", "from", "generic", 0},
        {TAIL, "来源：新华社", "agency", "Xinhua", 0},
        {TAIL, "（新华社）", "agency", "Xinhua", 0},
        {TAIL, "來源：中央社", "agency", "CNA", 0},
        {TAIL, "（共同）", "agency", "Kyodo", 0},
        {TAIL, "(Theo TTXVN)", "agency", "VNA", 0},
        {TAIL, "Sumber: Antara", "agency", "Antara", 0},
        {TAIL, "-- BERNAMA", "agency", "Bernama", 0},
        {TAIL, "- Bernama", "agency", "Bernama", 0},
        {TAIL, "(NAN)", "agency", "NAN", 0},
        {TAIL, "GNA", "agency", "GNA", 0},
        {TAIL, "- AAP", "agency", "AAP", 0},
        {TAIL, "AAP", "agency", "AAP", 0},
        {TAIL, "PA Media", "agency", "PA", 0},
        {TAIL, "This article was originally published by Harbour Today.", "agency", "generic", 0},
        {TAIL, "This story first appeared on harbourtoday.example.", "agency", "generic", 0},
        {TAIL, "Materials provided by University of Port Alder.", "agency", "generic", 0},
        {TAIL, "(Compiled by Ann Field; Editing by Bo Stone)", "agency", "Reuters", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* Each shape, and behind it its nearest wrong reading. */
static void test_shapes(void **state)
{
    static const struct sample samples[] = {
        /* The text ends: a mark between. */
        {TAIL, "ABC // DEF\nLusa/Fim", "agency", "Lusa", 0}, {TAIL, "Lusa / Fim.", "agency", "Lusa", 0},
        {GLUED, "O barco parte ao meio-dia. Lusa/Fim", "agency", "Lusa", 0}, {TAIL, "Reuters (ends)", "agency", "Reuters", 0},
        {TAIL, "Lusa fim", "none", "-", 0}, {TAIL, "Lusa/Fim de semana", "none", "-", 0},
        {GLUED, "O barco parte no Lusa/Fim", "none", "-", 0}, {TAIL, "Fim", "none", "-", 0},
        /* Desks behind the last sentence. */
        {GLUED, "The boats leave at noon..PTI LUX NAB GVS SUN VSD TKP GSN.", "agency", "PTI", 0},
        {GLUED, "The boats leave at noon. IANS abc/def", "agency", "IANS", 0},
        {GLUED, "The boats leave at noon. PTI said so", "none", "-", 0}, {GLUED, "The boats leave with PTI LUX NAB", "none", "-", 0},
        {GLUED, "The boats leave at noon. El alcalde, EFE", "none", "-", 0},
        /* Where from and who, then the agency in brackets. */
        {TAIL, "Z Brukseli A B (PAP)", "agency", "PAP", 0}, {TAIL, "Z Brukseli A. B-C (PAP)", "agency", "PAP", 0}, {TAIL, "Aus Hafenstadt Anna Feld (dpa)", "agency", "dpa", 0},
        {TAIL, "Ngọc Bích (Theo AFP)", "agency", "AFP", 0}, {TAIL, "Anna Pole (PAP)", "none", "-", 0},
        {TAIL, "From Port Authority (PA)", "none", "-", 0}, {TAIL, "From Aam Aadmi Party (AAP)", "none", "-", 0},
        {TAIL, "Z portu A B (PAP)", "none", "-", 0}, {TAIL, "Foto Anna Pole (PAP)", "none", "-", 0},
        {TAIL, "Z Brukseli Pole (PAP)", "agency", "PAP", 0},
        {TAIL, "Z Brukseli (PAP)", "none", "-", 0}, {TAIL, "Z Brukseli Anna Pole Jan Most Ewa Rzeka Las (PAP)", "agency", "PAP", 0},
        {TAIL, "Z Brukseli Anna Pole Jan Most Ewa Rzeka Las Staw (PAP)", "none", "-", 0},
        /* Datelines without a dash. */
        {HEAD, "ANKARA (AA) Boats", "agency", "Anadolu", 0}, {HEAD, "PORT ALDER (AA) Boats", "agency", "Anadolu", 0},
        {HEAD, "ANKARA (AA) boats", "none", "-", 0}, {HEAD, "ANKARA (AA) RATES", "none", "-", 0},
        {HEAD, "ALDER ANGLERS (AA) Boats", "none", "-", 0}, {HEAD, "Ankara (AA) Boats", "none", "-", 0},
        {HEAD, "OLD PORT ALDER (AA) Boats", "none", "-", 0}, {HEAD, "PORT Alder (AA) Boats", "none", "-", 0},
        {HEAD, "TIRANA, Nov 3/ATSH/- Boats", "agency", "ATA", 0}, {HEAD, "TIRANA, Nov 3/ATSH/ Boats", "none", "-", 0},
        {HEAD, "TIRANA/ATSH/- Boats", "none", "-", 0},
        {HEAD, "أبوظبي في 3 نوفمبر / وام / قال", "agency", "WAM", 0},
        {HEAD, "أبوظبي في 3 نوفمبر (وام) قال", "none", "-", 0},
        {LINE, "الرياض : واس", "agency", "SPA", 0}, {LINE, "بغداد/ واع", "agency", "INA", 0},
        {LINE, "Riyadh : SPA", "none", "-", 0}, {LINE, "تصوير : واس", "none", "-", 0}, {LINE, "أرشيف/ واع", "none", "-", 0},
        {LINE, "قال وزير المرفأ : واس", "none", "-", 0},
        {HEAD, "МОСКВА, 25 мая — РИА Новости, Анна Полева. Паромы", "agency", "RIA", 0},
        {HEAD, "МОСКВА, 25 мая — РИА Новости, Анна Полева ждёт", "none", "-", 0},
        {HEAD, "МОСКВА, 25 мая — РИА Новости, Анна. Паромы", "none", "-", 0},
        /* A place or a second house behind the agency in the dateline's bracket. */
        {HEAD, "(Reuters-PORT ALDER): Boats", "agency", "Reuters", 0}, {HEAD, "PODGORICA, (MINA-BUSINESS) – Boats", "agency", "MINA", 0},
        {HEAD, "PORT ALDER (APP / Lantern News) - Boats", "agency", "APP", 0}, {HEAD, "(Reuters-style): Boats", "none", "-", 0},
        {HEAD, "PORT ALDER (APP / lantern news) - Boats", "none", "-", 0}, {HEAD, "PORT ALDER (AFP / File) - Boats", "none", "-", 0},
        {HEAD, "PORT ALDER (AFP / One Two Three Four) - Boats", "none", "-", 0},
        {LINE, "Port Alder (Reuters / Anna Field)", "none", "-", 0}, {HEAD, "(Reuters-Style): Boats", "none", "-", 0},
        /* Cabled from Xinhua, or according to it. */
        {HEAD, "据新华社电 港口", "agency", "Xinhua", 0}, {HEAD, "据新华社电，港口", "agency", "Xinhua", 0},
        {HEAD, "港口会议\n据新华社电 港口", "agency", "Xinhua", 0},
        {HEAD, "據新華社北京4月24日電 港口", "agency", "Xinhua", 0},
        {TAIL, "（据新华社电）", "agency", "Xinhua", 0}, {TAIL, "据新华社电", "agency", "Xinhua", 0},
        {GLUED, "会议结束。（新华社北京4月24日电）", "agency", "Xinhua", 0},
        {TAIL, "新华社北京4月24日电", "agency", "Xinhua", 0},
        {HEAD, "据新华社报道，港口", "none", "-", 0}, {HEAD, "據中央社報導，港口", "none", "-", 0},
        {HEAD, "据新华社电视台消息，港口", "none", "-", 0},
        {HEAD, "港口据新华社电，", "none", "-", 0},
        {GLUED, "会议结束。（据新华社报道）", "none", "-", 0},
        /* Brackets at the end. */
        {GLUED, "会議を終えた。（時事）", "agency", "Jiji", 0}, {GLUED, "会議を終えた。（共同）", "agency", "Kyodo", 0},
        {TAIL, "【時事】", "agency", "Jiji", 0}, {TAIL, "時事", "none", "-", 0},
        {GLUED, "会議を終えた。（時事問題）", "none", "-", 0},
        {TAIL, "(TTXVN/Vietnam+)", "agency", "VNA", 0}, {TAIL, "(Vietnam+)", "none", "-", 0},
        {GLUED, "Sjefen sa det. (©NTB)", "agency", "NTB", 0}, {GLUED, "Foto: Anna Berg (© Anna Berg)", "none", "-", 0},
        {GLUED, "The boats leave. (www.nannews.ng)", "agency", "NAN", 0}, {GLUED, "The boats leave (www.nannews.ng)", "none", "-", 0},
        {GLUED, "The boats leave. (nannews.ng/harbour/boats/leave/at/noon)", "none", "-", 0},
        {GLUED, "The boats leave. (Reuters/Stringer)", "none", "-", 0}, {GLUED, "The boats leave. (AFP/File)", "none", "-", 0},
        {GLUED, "नाव चली। (दीपदुनिया/भाषा)", "from", "PTI", 0},
        {GLUED, "The boats leave. (Anna Field/AFP)", "none", "-", 0},
        {TAIL, "ab/cd (afp, Lantern Online)", "from", "AFP", 0}, {TAIL, "ab/cd (Lantern Online, afp)", "none", "-", 0},
        {TAIL, "Source: Reuters - Port Alder", "agency", "Reuters", 0}, {TAIL, "Enditem", "agency", "Xinhua", 0},
    };
    (void)state;
    JUDGE(samples);
}

static void test_bylines(void **state)
{
    static const struct sample samples[] = {
        {BYLINE, "AFP", "agency", "AFP", 0},
        {BYLINE, "By AFP", "agency", "AFP", 0},
        {BYLINE, "Reuters", "agency", "Reuters", 0},
        {BYLINE, "REUTERS STAFF", "agency", "Reuters", 0},
        {BYLINE, "Ann Field, The Associated Press", "agency", "AP", 0},
        {BYLINE, "By Ann Field and Bo Stone, Associated Press", "agency", "AP", 0},
        {BYLINE, "Ann Field | PTI", "agency", "PTI", 0},
        {BYLINE, "Press Trust of India", "agency", "PTI", 0},
        {BYLINE, "PTI, New Delhi", 0, "PTI", 0},
        {BYLINE, "ANI", "agency", "ANI", 0},
        {BYLINE, "IANS", "agency", "IANS", 0},
        {BYLINE, "Agencies", "agency", "generic", 0},
        {BYLINE, "Our Correspondent & Agencies", "from", "generic", 0},
        {BYLINE, "Staff and agencies", "from", "generic", 0},
        {BYLINE, "Staff Reporter with AFP", "from", "AFP", 0},
        {BYLINE, "Le Courrier avec AFP", "from", "AFP", 0},
        {BYLINE, "Redacción / EFE", 0, "EFE", 0},
        {BYLINE, "EFE", "agency", "EFE", 0},
        {BYLINE, "Agencia EFE", "agency", "EFE", 0},
        {BYLINE, "dpa", "agency", "dpa", 0},
        {BYLINE, "Von Anna Feld, dpa", "agency", "dpa", 0},
        {BYLINE, "dpa/abc", 0, "dpa", 0},
        {BYLINE, "ANSA", "agency", "ANSA", 0},
        {BYLINE, "Redazione ANSA", "agency", "ANSA", 0},
        {BYLINE, "Agência Brasil", "agency", "Agencia Brasil", 0},
        {BYLINE, "Estadão Conteúdo", "agency", "Estadao Conteudo", 0},
        {BYLINE, "ČTK", "agency", "CTK", 0},
        {BYLINE, "PAP", "agency", "PAP", 0},
        {BYLINE, "MTI", "agency", "MTI", 0},
        {BYLINE, "РИА Новости", "agency", "RIA", 0},
        {BYLINE, "ТАСС", "agency", "TASS", 0},
        {BYLINE, "رويترز", "agency", "Reuters", 0},
        {BYLINE, "وكالات", "agency", "generic", 0},
        {BYLINE, "भाषा", "agency", "PTI", 0},
        {BYLINE, "एजेंसी", "agency", "generic", 0},
        {BYLINE, "新华社", "agency", "Xinhua", 0},
        {BYLINE, "연합뉴스", "agency", "Yonhap", 0},
        {BYLINE, "共同通信", "agency", "Kyodo", 0},
        {BYLINE, "Anadolu Ajansı", "agency", "Anadolu", 0},
        {BYLINE, "AA", "agency", "Anadolu", 0},
        {FIELD, "Reuters", "agency", "Reuters", 0},
        {FIELD, "Deutsche Presse-Agentur", "agency", "dpa", 0},
        {FIELD, "The Associated Press", "agency", "AP", 0},
        {BYLINE, "Alice Reuterswärd", "none", "-", 0},
        {BYLINE, "A. P. Singh", "none", "-", 0},
        {BYLINE, "Ann Field", "none", "-", 0},
        {BYLINE, "Efe Yılmaz", "none", "-", 0},
        {BYLINE, "Ansa Kallio", "none", "-", 0},
        {BYLINE, "Ana Beta", "none", "-", 0},
        {BYLINE, "Lusa Mendes", "none", "-", 0},
        {BYLINE, "Anna Belga", "none", "-", 0},
        {BYLINE, "Tanjug Petrović", "none", "-", 0},
        {BYLINE, "Mia Nova", "none", "-", 0},
        {BYLINE, "Photo: Reuters", "none", "-", 0},
        {BYLINE, "Foto: dpa", "none", "-", 0},
        {BYLINE, "Ann Field (Photo: AFP)", "none", "-", 0},
        {BYLINE, "Staff", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* Pictures have sources of their own. */
static void test_pictures(void **state)
{
    static const struct sample samples[] = {
        {LINE, "Photo: Reuters", "none", "-", 0},
        {LINE, "Photo- AFP", "none", "-", 0},
        {LINE, "(Photo: AP)", "none", "-", 0},
        {LINE, "The ferry at the pier in March. Photo: AFP", "none", "-", 0},
        {LINE, "The ferry at the pier in March. REUTERS/Ann Field", "none", "-", 0},
        {LINE, "The ferry at the pier in March. | Photo Credit: PTI", "none", "-", 0},
        {LINE, "The ferry at the pier in March (AP Photo/Ann Field)", "none", "-", 0},
        {LINE, "AP Photo/Ann Field", "none", "-", 0},
        {LINE, "Image: AFP/Getty Images", "none", "-", 0},
        {LINE, "File photo. Reuters", "none", "-", 0},
        {LINE, "Representational image. PTI", "none", "-", 0},
        {LINE, "© AFP / Ann FIELD", "none", "-", 0},
        {LINE, "© REUTERS / Ann Field", "none", "-", 0},
        {LINE, "© Ann Field / dpa", "none", "-", 0},
        {LINE, "Ann Field/AFP", "none", "-", 0},
        {LINE, "Foto: Anna Feld/dpa", "none", "-", 0},
        {LINE, "Bild: Anna Feld/dpa", "none", "-", 0},
        {LINE, "Die Fähre am Anleger. Foto: dpa", "none", "-", 0},
        {LINE, "Die Fähre am Anleger. © dpa", "none", "-", 0},
        {LINE, "picture alliance/dpa | Anna Feld", "none", "-", 0},
        {LINE, "Le ferry au quai, le 3 mars. Ann FIELD / AFP", "none", "-", 0},
        {LINE, "Le ferry au quai, le 3 mars 2020 (AFP/Ann FIELD)", "none", "-", 0},
        {LINE, "Crédit photo : AFP", "none", "-", 0},
        {LINE, "El ferri en el muelle. EFE/Ana Campo", "none", "-", 0},
        {LINE, "Foto: EFE", "none", "-", 0},
        {LINE, "FOTO: ANSA/ANNA CAMPO", "none", "-", 0},
        {LINE, "Foto: ČTK/Anna Polní", "none", "-", 0},
        {LINE, "Fot. PAP/Anna Polna", "none", "-", 0},
        {LINE, "Fotó: MTI/Mező Anna", "none", "-", 0},
        {LINE, "Foto: Anna Mark / NTB", "none", "-", 0},
        {LINE, "Foto: Anna Mark / TT", "none", "-", 0},
        {LINE, "Фото: РИА Новости", "none", "-", 0},
        {LINE, "© РИА Новости / Анна Полева", "none", "-", 0},
        {LINE, "Фото: Анна Полева/ТАСС", "none", "-", 0},
        {LINE, "Fotoğraf: AA", "none", "-", 0},
        {LINE, "(صورة من رويترز)", "none", "-", 0},
        {LINE, "الصورة: أ ف ب", "none", "-", 0},
        {LINE, "फोटो: पीटीआई", "none", "-", 0},
        {LINE, "图：新华社", "none", "-", 0},
        {LINE, "図＝ロイター", "none", "-", 0},
        {LINE, "写真：AFP", "none", "-", 0},
        {LINE, "사진=연합뉴스", "none", "-", 0},
        {TAIL, "Photo: Reuters", "none", "-", 0},
        {TAIL, "(Photo by AFP)", "none", "-", 0},
        {TAIL, "PTI Photo", "none", "-", 0},
        {TAIL, "Photos: AP, Reuters", "none", "-", 0},
        {TAIL, "Image courtesy: ANI", "none", "-", 0},
        {TAIL, "Cover photo: AFP", "none", "-", 0},
        {TAIL, "Foto: dpa", "none", "-", 0},
        {TAIL, "Titelbild: dpa", "none", "-", 0},
        {TAIL, "Bildquelle: dpa", "none", "-", 0},
        {TAIL, "Foto: EFE / Ana Campo", "none", "-", 0},
        {TAIL, "Foto de portada: AFP", "none", "-", 0},
        {TAIL, "Foto di copertina: ANSA", "none", "-", 0},
        {TAIL, "Crédit photo : Ann Field/AFP", "none", "-", 0},
        {TAIL, "Фото: ТАСС", "none", "-", 0},
        {TAIL, "Фото: Анна Полева / РИА Новости", "none", "-", 0},
        {TAIL, "Fotoğraf: Anadolu Ajansı", "none", "-", 0},
        {TAIL, "Ảnh: AFP", "none", "-", 0},
        {TAIL, "Foto: ANTARA/Anna", "none", "-", 0},
        {TAIL, "Featured image: Reuters", "none", "-", 0},
        {TAIL, "Video: AP", "none", "-", 0},
        {TAIL, "Infografik: dpa", "none", "-", 0},
        {TAIL, "Symbolfoto: dpa", "none", "-", 0},
        {TAIL, "Archivbild: APA", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* Sources named within the text are not the source of the text. */
static void test_sourcing(void **state)
{
    static const struct sample samples[] = {
        {INSIDE, "The chair told Reuters that nothing was decided.", "none", "-", 0},
        {INSIDE, "According to AFP, nothing was decided.", "none", "-", 0},
        {INSIDE, "Nothing was decided, Reuters reported.", "none", "-", 0},
        {INSIDE, "An AFP journalist saw three boats.", "none", "-", 0},
        {INSIDE, "an AFP correspondent at the scene said.", "none", "-", 0},
        {INSIDE, "the chair told news agency ANI.", "none", "-", 0},
        {INSIDE, "the state news agency (Xinhua) said.", "none", "-", 0},
        {INSIDE, "The Associated Press news agency reported the same.", "none", "-", 0},
        {INSIDE, "the Interfax news agency quoted him as saying.", "none", "-", 0},
        {HEAD, "Reuters reported on Monday that", "none", "-", 0},
        {HEAD, "According to Reuters,", "none", "-", 0},
        {HEAD, "AFP journalists saw that", "none", "-", 0},
        {HEAD, "The news agency AP, citing officials, says that", "none", "-", 0},
        {HEAD, "The Xinhua News Agency said:", "none", "-", 0},
        {HEAD, "TASS, the Russian news agency, has it that", "none", "-", 0},
        {GLUED, "He spoke to Reuters.", "none", "-", 0},
        {GLUED, "The rest is not known, the chair told AFP.", "none", "-", 0},
        {GLUED, "That is what sources told PTI.", "none", "-", 0},
        {GLUED, "This was first reported by Reuters.", "none", "-", 0},
        {GLUED, "sagte er der dpa.", "none", "-", 0},
        {GLUED, "sagte eine Sprecherin der Deutschen Presse-Agentur.", "none", "-", 0},
        {GLUED, "berichtet die Nachrichtenagentur AFP.", "none", "-", 0},
        {GLUED, "a-t-il déclaré à l'AFP.", "none", "-", 0},
        {GLUED, "a indiqué une source policière à l'AFP.", "none", "-", 0},
        {GLUED, "selon un journaliste de l'AFP.", "none", "-", 0},
        {GLUED, "dijo a Efe.", "none", "-", 0},
        {GLUED, "según informó la agencia EFE.", "none", "-", 0},
        {GLUED, "ha detto all'ANSA.", "none", "-", 0},
        {GLUED, "secondo quanto riferisce l'Ansa.", "none", "-", 0},
        {GLUED, "disse à Lusa.", "none", "-", 0},
        {GLUED, "segundo a agência Reuters.", "none", "-", 0},
        {GLUED, "powiedział PAP.", "none", "-", 0},
        {GLUED, "řekl ČTK.", "none", "-", 0},
        {GLUED, "uvedla pro ČTK mluvčí přístavu.", "none", "-", 0},
        {GLUED, "mondta az MTI-nek.", "none", "-", 0},
        {GLUED, "rekao je za Tanjug.", "none", "-", 0},
        {GLUED, "säger hon till TT.", "none", "-", 0},
        {GLUED, "sier han til NTB.", "none", "-", 0},
        {GLUED, "siger han til Ritzau.", "none", "-", 0},
        {GLUED, "hän sanoo STT:lle.", "none", "-", 0},
        {GLUED, "zegt hij tegen het ANP.", "none", "-", 0},
        {GLUED, "сообщает ТАСС.", "none", "-", 0},
        {GLUED, "передает РИА Новости.", "none", "-", 0},
        {GLUED, "сказал он «Интерфаксу».", "none", "-", 0},
        {GLUED, "заявив він Укрінформу.", "none", "-", 0},
        {GLUED, "AA muhabirine konuştu.", "none", "-", 0},
        {GLUED, "dedi.", "none", "-", 0},
        {GLUED, "حسب وكالة رويترز.", "none", "-", 0},
        {GLUED, "وفقا لفرانس برس.", "none", "-", 0},
        {GLUED, "به گزارش ایسنا.", "none", "-", 0},
        {HEAD, "به گزارش خبرگزاری تسنیم،", "none", "-", 0},
        {GLUED, "उन्होंने पीटीआई से कहा।", "none", "-", 0},
        {GLUED, "据新华社报道。", "none", "-", 0},
        {GLUED, "と共同通信に語った。", "none", "-", 0},
        {GLUED, "연합뉴스가 보도했다.", "none", "-", 0},
        {GLUED, "kata dia kepada Antara.", "none", "-", 0},
        {GLUED, "he told Bernama.", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* The same letters mean other things. */
static void test_homonyms(void **state)
{
    static const struct sample samples[] = {
        {HEAD, "The Armed Forces of the Philippines (AFP) said that", "none", "-", 0},
        {HEAD, "MANILA - The Armed Forces of the Philippines (AFP) said that", "none", "-", 0},
        {HEAD, "The Australian Federal Police (AFP) found that", "none", "-", 0},
        {HEAD, "Las AFP (Administradoras de Fondos de Pensiones) indican que", "none", "-", 0},
        {HEAD, "El retiro de las AFP:", "none", "-", 0},
        {HEAD, "Retiro AFP:", "none", "-", 0},
        {HEAD, "ISLAMABAD: Pakistan Tehreek-e-Insaf (PTI) leaders said that", "none", "-", 0},
        {HEAD, "The Pakistan Tehreek-e-Insaf (PTI)", "none", "-", 0},
        {HEAD, "NEW DELHI: The Aam Aadmi Party (AAP) said that", "none", "-", 0},
        {HEAD, "Aam Aadmi Party (AAP) -", "none", "-", 0},
        {HEAD, "Andhra Pradesh (AP) and its neighbours agreed that", "none", "-", 0},
        {HEAD, "Trinidad and Tobago (TT) -", "none", "-", 0},
        {HEAD, "The Data Protection Act (DPA) -", "none", "-", 0},
        {HEAD, "The National Action Party (PAN) -", "none", "-", 0},
        {HEAD, "The American Psychological Association (APA) found", "none", "-", 0},
        {HEAD, "The African National Alliance (ANA) and the Green League (GL) said", "none", "-", 0},
        {HEAD, "Pakistan People's Initiative (PPI) said that", "none", "-", 0},
        {HEAD, "Greater Nile Authority (GNA) -", "none", "-", 0},
        {HEAD, "The Government of National Accord (GNA) said", "none", "-", 0},
        {HEAD, "Der Deutsche Pflege-Ausschuss (DPA) teilt mit:", "none", "-", 0},
        {HEAD, "Un passager du TAP:", "none", "-", 0},
        {HEAD, "The airline TAP -", "none", "-", 0},
        {HEAD, "AA members met:", "none", "-", 0},
        {HEAD, "American Airlines (AA) -", "none", "-", 0},
        {TAIL, "The tour was paid for by the Armed Forces of the Philippines (AFP).", "none", "-", 0},
        {TAIL, "He is a member of the Aam Aadmi Party (AAP).", "none", "-", 0},
        {TAIL, "She sits in the assembly for the Pakistan Tehreek-e-Insaf (PTI).", "none", "-", 0},
        {TAIL, "The money comes from the pension funds (AFP).", "none", "-", 0},
        {TAIL, "Los fondos los pagan las AFP.", "none", "-", 0},
        {TAIL, "The cabinet rests on votes of the Green League and the TT.", "none", "-", 0},
        {TAIL, "The island lies off Trinidad and Tobago (TT).", "none", "-", 0},
        {TAIL, "The capital of the state is Amaravati (AP).", "none", "-", 0},
        {TAIL, "The test follows the rules of the American Psychological Association (APA).", "none", "-", 0},
        {TAIL, "El premio lo entrega Efe Yılmaz.", "none", "-", 0},
        {TITLE, "PTI leaders meet in Lahore", "none", "-", 0},
        {TITLE, "Retiro AFP: lo que se sabe", "none", "-", 0},
        {TITLE, "AFP: lo que debe saber del retiro", "none", "-", 0},
        {TITLE, "AAP - Congress talks fail", "none", "-", 0},
        {TITLE, "Reuters to cut jobs in London", "none", "-", 0},
        {TITLE, "Storm nears Trinidad and Tobago (TT)", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* Other stories named on the page, and lines of its own furniture. */
static void test_teasers(void **state)
{
    static const struct sample samples[] = {
        {TAIL, "Also read: Reuters wins a prize for its reports", "none", "-", 0},
        {TAIL, "ALSO READ | What AFP saw on the islands", "none", "-", 0},
        {TAIL, "Read more: AP poll finds ferries popular", "none", "-", 0},
        {TAIL, "Lesen Sie auch: dpa wird siebzig", "none", "-", 0},
        {TAIL, "Leia também: agência Lusa faz anos", "none", "-", 0},
        {TAIL, "Читайте также: ТАСС отмечает юбилей", "none", "-", 0},
        {TAIL, "Follow us on Twitter and Facebook. We use Reuters data.", "none", "-", 0},
        {TAIL, "Ann Field is a reporter in Port Alder. She worked for Reuters before.", "none", "-", 0},
        {TAIL, "Ann Field, formerly of the Associated Press, writes about ferries.", "none", "-", 0},
        {TAIL, "More on this: travel agencies, ferries, islands", "none", "-", 0},
        {TAIL, "Tickets are sold by travel agencies.", "none", "-", 0},
        {TAIL, "with input from agencies and industry, a plan follows", "none", "-", 0},
        {TAIL, "Tags: AFP, ferries, islands", "none", "-", 0},
        {TAIL, "Topics: Reuters | ferries", "none", "-", 0},
        {TAIL, "Published: 3 November 2020", "none", "-", 0},
        {TAIL, "© 2020 The Harbour Post. All rights reserved.", "none", "-", 0},
        {TAIL, "This material may not be published, broadcast, rewritten, or redistributed.", "none", "-", 0},
        {TAIL, "Reporting from Port Alder:", "none", "-", 0},
        {TAIL, "Compiled by Ann Field.", "none", "-", 0},
        {TAIL, "(Written by Ann Field)", "none", "-", 0},
        {TAIL, "The funds are provided by India in the form of credits for food and fuel.", "none", "-", 0},
        {GLUED, "The two refitted ships, whose engines were overhauled in the yard of the neighbouring town, carry equipment "
                "provided by India and by the navy, the board said in its reply to questions by members of the council, and "
                "further help is provided by France in the form of credits.", "none", "-", 0},
        {TAIL, "The study was originally published in 2019 and has since been read by many.", "none", "-", 0},
        {TAIL, "With a report from the harbour master", "none", "-", 0},
    };
    (void)state;
    JUDGE(samples);
}

/* Whether text[0..len) passes, the same wherever memory ends. */
static int passes(const char *made, int len, int running)
{
    char tight[1024], *end = tight + sizeof tight - len;
    size_t until = credit_sieve_last(&table->words, made, (size_t)len + 1, 0, (size_t)len, running);

    memcpy(end, made, (size_t)len);
    assert_int_equal(until, credit_sieve_last(&table->words, end, (size_t)len, 0, (size_t)len, running));
    return until != 0;
}

/* Every name and code of the file passes the sieve, wherever in a text it stands. */
static void test_sieve(void **state)
{
    size_t names = 0;
    (void)state;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "name =", 6) != 0 && strncmp(line, "code =", 6) != 0)
            continue;
        for (const char *at = line + 5; *at == '=' || *at == ',';) {
            char around[1024];
            at += 1 + strspn(at + 1, " ");
            size_t len = strcspn(at, ",\n");
            for (int pad = 0; pad < 70; pad += 23) {
                int n = snprintf(around, sizeof around, "%.*s And then (%.*s) went on with it as before", pad,
                                 "The boats will leave every forty minutes, hourly once the clocks go back", (int)len, at);
                /* In running text not the second word of "the agencies", in small letters both. */
                int is_plain = *at >= 'a' && *at <= 'z' && memchr(at, ' ', len);
                if ((!is_plain && !passes(around, n, 1)) || !passes(around, n, 0))
                    fail_msg("%.*s does not pass", (int)len, at);
                n = snprintf(around, sizeof around, "Паромы будут ходить каждые сорок минут%.*s (%.*s) и дальше как прежде", pad % 7,
                             " летом ", (int)len, at);
                if (!passes(around, n, 1) || !passes(around, n, 0))
                    fail_msg("%.*s does not pass among Cyrillic", (int)len, at);
            }
            names++;
            at += len;
        }
    }
    assert_true(names > 1000);
    assert_false(passes("The boats will leave every forty minutes", 40, 0));
    assert_false(passes("Паромы будут ходить каждые сорок минут", 71, 0));
    assert_false(passes("Le bateau préféré des « îles » s’arrête à l’aube, dit-il, et repart vers midi", 84, 1));
}

static uint64_t state = 77;

static unsigned draw(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % below;
}

/* Any bytes will do, and none beyond the end is read: the texts end where their memory ends, so that
 * a sanitizer sees one byte too many. */
static void test_any_bytes(void **unused)
{
    static const char *const pieces[] = {
        "(", ")", "[", "/", " - ", ": ", "\n", ", ", ".", "\xe2\x80\x99", "\xe3\x80\x90", "\xe3\x80\x91", "\xc2\xab", "\xff", "\xd0",
        "Reuters", "AFP", "dpa", "PORT ALDER", "Nov 3", "With inputs from ", "Source: ", "Reporting by ", "; Editing by ", "provided by ",
        "\xd0\xa0\xd0\x98\xd0\x90 ", "\xe6\x96\xb0\xe5\x8d\x8e\xe7\xa4\xbe", "agencies", "reuters.com", "x@yna.co.kr", "harbour ", "the ", "\xc2\xa9 2020 ",
    };
    (void)unused;
    for (int round = 0; round < 20000; round++) {
        char made[512];
        size_t len = 0;
        for (unsigned n = draw(40); n > 0; n--) {
            const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];
            size_t size = strlen(piece);
            if (len + size > sizeof made)
                break;
            memcpy(made + len, piece, size);
            len += size;
        }
        if (draw(4) == 0 && len)
            len -= draw((unsigned)len);
        char *tight = malloc(len ? len : 1);
        assert_non_null(tight);
        memcpy(tight, made, len);
        struct dup_credit_input in = {.body = tight, .body_len = len, .byline = tight, .byline_len = len, .title = tight,
                                      .title_len = len, .credit = tight, .credit_len = len, .url = tight, .url_len = len};
        struct dup_credits found;
        dup_credits_find(table, &in, &found);
        assert_true(found.n <= DUP_CREDITS_MAX);
        for (size_t i = 0; i < found.n; i++) {
            assert_true(found.list[i].begin < found.list[i].end && found.list[i].end <= len);
            assert_non_null(dup_agency_name(table, found.list[i].agency));
        }
        free(tight);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datelines), cmocka_unit_test(test_phrases), cmocka_unit_test(test_together), cmocka_unit_test(test_windows),
        cmocka_unit_test(test_edges_of_datelines),
        cmocka_unit_test(test_edges_of_brackets), cmocka_unit_test(test_edges_of_bylines), cmocka_unit_test(test_edges_of_tails),
        cmocka_unit_test(test_world), cmocka_unit_test(test_tails), cmocka_unit_test(test_shapes), cmocka_unit_test(test_bylines),
        cmocka_unit_test(test_pictures), cmocka_unit_test(test_sourcing), cmocka_unit_test(test_homonyms),
        cmocka_unit_test(test_teasers), cmocka_unit_test(test_sieve), cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
