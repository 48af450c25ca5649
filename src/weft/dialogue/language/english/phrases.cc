#include "weft/dialogue/language/phrases.h"

#include <array>

namespace weft::dialogue {
namespace {

template <class... T>
constexpr auto words(T... each) {
  return std::array<std::string_view, sizeof...(T)>{each...};
}

constexpr auto kAffirm =
    words("yes", "y", "yep", "yeah", "yup", "sure", "ok", "okay", "fine", "right", "correct",
          "exactly", "absolutely", "certainly", "of course", "go ahead", "do it", "do that",
          "book it", "confirm", "confirmed", "that works", "that's right", "that is right",
          "that's fine", "that is fine", "that's ok", "it's fine", "that's correct",
          "that is correct", "it is", "that's it", "sounds good", "sounds great", "looks good",
          "perfect", "great", "all good", "i agree", "please do", "why not");
constexpr auto kNegate =
    words("no", "n", "nope", "nah", "not", "wrong", "don't", "do not", "incorrect", "not that",
          "that's wrong", "not right", "rather not", "negative");
constexpr auto kCancel = words("cancel", "cancel it", "cancel that", "stop", "never mind",
                               "nevermind", "forget it", "forget that", "abort", "leave it",
                               "drop it", "quit", "cancel everything", "not any more");
constexpr auto kHelp = words("help", "what can you do", "what can you do for me", "what can i say",
                             "what can i do", "what can i do here", "what are my options",
                             "how does this work", "help me", "can you help me", "can you help",
                             "could you help me", "i need help", "i need some help", "?");
constexpr auto kGreet = words("hello", "hello there", "hi", "hi there", "hey", "hey there",
                              "good morning", "good afternoon", "good evening", "good day",
                              "greetings", "how are you", "nice to meet you");
constexpr auto kThank =
    words("thanks", "thank you", "thank you very much", "thanks a lot", "many thanks", "thx",
          "cheers", "much appreciated", "thank you so much", "that was helpful", "that helped");
constexpr auto kPart = words("bye", "bye bye", "goodbye", "good bye", "good night", "see you",
                             "see you later", "have a nice day", "that's all", "that is all",
                             "that was all", "that will be all", "nothing else");
constexpr auto kHuman =
    words("human", "a human", "a person", "real person", "talk to someone", "speak to someone",
          "an operator", "operator", "an agent", "someone real", "talk to a person",
          "talk to a human", "speak to a human", "speak to a person", "can i talk to someone",
          "can i speak to someone", "can i talk to a person", "can i speak to a person",
          "can i talk to a human", "can i speak to a human", "can i speak with someone",
          "let me talk to a human", "let me talk to a person", "i want to talk to a human",
          "i want to talk to a person", "i want to speak to a human", "i want to speak to a person",
          "connect me to a human", "connect me to a person", "i need a human");
constexpr auto kRepeat = words("repeat", "say that again", "again please", "pardon", "what",
                               "come again", "repeat that", "what did you say", "sorry");
constexpr auto kBack = words("back", "go back", "previous", "undo", "one step back");
constexpr auto kMore = words("more", "others", "another", "something else", "anything else",
                             "other options", "what else", "show more", "show me more");
constexpr auto kAny =
    words("i don't mind", "don't mind", "i don't care", "don't care", "doesn't matter",
          "it doesn't matter", "any", "anything", "whatever", "either", "no preference",
          "you choose", "up to you", "any is fine", "anything is fine");
constexpr auto kPolite =
    words("please", "thanks", "thank", "you", "thank you", "well", "oh", "um", "uh", "hm", "then",
          "just", "a", "the", "hey", "hi", "so", "very", "much");
constexpr auto kOrdinals = words("first", "second", "third", "fourth", "fifth", "sixth", "seventh",
                                 "eighth", "ninth", "tenth");
constexpr auto kAround = words("the", "one", "number", "option", "please", "i", "take", "want",
                               "i'd", "like", "i'll", "go", "with", "choose", "pick", "give", "me");
constexpr auto kLast = words("last", "latter");

constexpr auto kPlace = words("there", "that place", "same place", "that address", "that city");
constexpr auto kExist = words("is there", "are there", "was there", "were there", "there is",
                              "there are", "there was", "there were", "there will be");
constexpr auto kDay = words("same day", "that day", "that date", "the same date");
constexpr auto kPlaces =
    words("address", "destination", "venue", "place", "location", "street", "dropoff", "drop",
          "station", "hotel", "restaurant", "clinic", "district", "city");
constexpr auto kWays = words("to", "where", "from", "at", "near");
constexpr auto kThing =
    words("it", "that", "this", "them", "those", "these", "that one", "this one", "the one");
constexpr auto kSame =
    words("that one", "this one", "the same one", "the one you said", "them", "those", "these");
constexpr auto kOther = words("the other one", "the other", "other one");
constexpr auto kOnes = words("one", "option", "choice", "of them", "of those", "on the list");
constexpr auto kNumbers = words("number", "option", "nr", "choice");
constexpr auto kPrices =
    words("price", "fare", "cost", "amount", "total", "fee", "sum", "due", "charge", "rate");
constexpr auto kTimes = words("time", "start", "starts", "departure", "from", "day", "date", "at");
constexpr auto kDistances = words("distance", "km", "miles", "minutes", "away");
constexpr auto kRatings = words("rating", "stars", "score");
constexpr auto kCheapest = words("cheapest", "cheaper", "least expensive", "less expensive");
constexpr auto kDearest = words("most expensive", "more expensive", "dearest");
constexpr auto kEarliest = words("earliest", "earlier", "soonest", "sooner");
constexpr auto kLatest = words("latest", "later");
constexpr auto kNearest = words("nearest", "nearer", "closest", "closer");
constexpr auto kBest = words("best", "better", "highest rated", "best rated");
constexpr auto kExtremes = std::to_array<Extreme>({{kCheapest, kPrices, true},
                                                   {kDearest, kPrices, false},
                                                   {kEarliest, kTimes, true},
                                                   {kLatest, kTimes, false},
                                                   {kNearest, kDistances, true},
                                                   {kBest, kRatings, false}});
constexpr auto kPayees =
    words("payee", "recipient", "receiver", "beneficiary", "merchant", "creditor");
constexpr auto kGoals = words("destination", "address", "venue", "dropoff");
constexpr auto kKin = std::to_array<Words>({kPrices, kPayees, kGoals});

constexpr auto kConnectors = words("and then", "and after that", "after that", "and also", "then",
                                   "and", "also", ";", ",", ".");
constexpr auto kArticles =
    words("the", "a", "an", "my", "your", "our", "some", "his", "her", "their");
constexpr auto kIndefinite =
    words("someone", "somebody", "anyone", "anybody", "something", "anything", "somewhere",
          "anywhere", "it", "that", "this", "them", "those", "these", "there", "here", "me", "him",
          "her", "us", "do", "be", "go", "get", "have", "see", "know", "one");
constexpr auto kAnswerLeads = words("it is", "it's", "that is", "that's", "this is", "my name is",
                                    "i am", "i'm", "the", "to", "in", "at", "near", "for");
constexpr auto kStatements = words("i have", "i've", "i had", "i feel", "i felt", "i am", "i'm",
                                   "i was", "my", "we have", "we are", "we're", "it is", "it's");
constexpr auto kFreeTexts =
    words("message", "text", "subject", "note", "notes", "comment", "content", "body", "title",
          "words", "greeting", "query", "question", "caption", "phrase", "sentence", "input");
constexpr auto kStreets = words("road", "street", "avenue", "lane", "drive", "boulevard", "way",
                                "square", "place", "court", "terrace", "crescent", "alley",
                                "highway", "rd", "st", "ave", "ln", "dr", "blvd", "sq");
constexpr auto kTargets = words("to", "recipient", "payee", "receiver", "destination", "target",
                                "dropoff", "account", "contact");
constexpr auto kSources = words("from", "origin", "source", "pickup", "start", "sender");
constexpr auto kWheres = words("location", "place", "address", "city", "district", "area", "where",
                               "venue", "neighborhood", "neighbourhood", "near", "town");
constexpr auto kFors = words("reason", "purpose", "for", "subject", "guests", "people", "party");
constexpr auto kWiths = words("with", "person", "doctor", "contact", "attendee", "guest");
constexpr auto kLeads = std::to_array<LeadWord>({{"to", kTargets},
                                                 {"pay", kTargets},
                                                 {"from", kSources},
                                                 {"in", kWheres},
                                                 {"at", kWheres},
                                                 {"near", kWheres},
                                                 {"around", kWheres},
                                                 {"for", kFors},
                                                 {"with", kWiths}});

constexpr Phrases kEnglish{
    .reply = {.affirm = kAffirm,
              .negate = kNegate,
              .cancel = kCancel,
              .help = kHelp,
              .human = kHuman,
              .repeat = kRepeat,
              .back = kBack,
              .more = kMore,
              .any = kAny,
              .greet = kGreet,
              .thank = kThank,
              .part = kPart,
              .polite = kPolite,
              .ordinals = kOrdinals,
              .around = kAround,
              .last = kLast},
    .reference = {.place = kPlace,
                  .exist = kExist,
                  .day = kDay,
                  .places = kPlaces,
                  .ways = kWays,
                  .thing = kThing,
                  .same = kSame,
                  .other = kOther,
                  .ones = kOnes,
                  .numbers = kNumbers,
                  .extremes = kExtremes,
                  .kin = kKin},
    .connectors = kConnectors,
    .leads = kLeads,
    .articles = kArticles,
    .indefinite = kIndefinite,
    .answer_leads = kAnswerLeads,
    .statements = kStatements,
    .free_texts = kFreeTexts,
    .streets = kStreets,
    .and_word = "and",
    .or_word = "or",
    .ask_one = "What is the {}?",
    .ask_way = "{}?",
    .ask_choice = "Which {}: {}?",
    .ask_several = "I still need {}.",
    .ask_again = "I did not understand that. (“cancel” leaves it.)",
    .which_skill = "Which of these do you mean?\n{}",
    .cannot = "I cannot do that (“{}”). The nearest that I can do: {}.",
    .cannot_at_all = "I cannot do that (“{}”): nothing that has joined here is for it.",
    .nothing_heard = "I heard nothing that I could act on. What would you like?",
    .nothing_waits = "Nothing waits for an answer. What would you like?",
    .nothing_meant = "You said “{}”, and I do not know what that means here.",
    .cancelled = "I leave it: {}.",
    .confirm = "Shall I do this? {}\n{}",
    .value_said = "  {}: {}",
    .value_from = "  {}: {} ({})",
    .said_before = "as you said before",
    .done = "{}: {}",
    .failed = "{} did not work: {}",
    .refused = "I leave it: {}. Nothing was done.",
    .unknown_outcome =
        "{}: whether this was done is not known; it is not done again. Please look "
        "for yourself before you ask for it again.",
    .gone = "{} has left and cannot be reached now.",
    .working = "{} …",
    .stopping = "I tell it to stop: {}.",
    .stopped = "{} was told to stop, and did not get done.",
    .cannot_stop = "{} is under way and cannot be stopped. I will tell you what comes of it.",
    .changing = "I stop it and do it with what you say: {}.",
    .cannot_change =
        "{} is under way and cannot be changed any more. I will tell you what comes of it.",
    .noted = "Noted: {}, after this ({}).",
    .still_more = "\n  … and {} more",
    .no_more = "That was all of them.",
    .needs_value = "That has to be said before I can go on.",
    .nothing_before = "There is nothing before this. “cancel” leaves it.",
    .help = "I can do this for you:\n{}",
    .human = "Nobody has joined here whom I could hand you to. “cancel” ends what we are at.",
    .greeting = "Hello. What can I do for you? (“help” lists it.)",
    .welcome = "You are welcome.",
    .parting = "Goodbye.",
    .not_taken = "{}: {} cannot be that: {}.",
};

}  // namespace

const Phrases& english_phrases() { return kEnglish; }

}  // namespace weft::dialogue
