// The limits of serving that are no setting. Owned by ml.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weft::ml {

/// Variants of an endpoint (SageMaker's number).
inline constexpr std::size_t kVariantsMax = 10;
/// Worker programs of all endpoints together; fewer where each could not have kWorkerMemoryMin.
inline constexpr std::size_t kInstancesMax = 512;
inline constexpr std::uint64_t kWorkerMemoryMin = 64ULL * 1024 * 1024;
/// Objects of a model that is not packed.
inline constexpr std::size_t kModelObjectsMax = 10'000;
/// From a program's start until its model can be asked (SageMaker gives four minutes).
inline constexpr std::chrono::milliseconds kModelReadyMax{240'000};
/// What a failure says, in bytes (SageMaker's number).
inline constexpr std::size_t kFailureBytesMax = 1'024;

/// One message to or from a worker; the worker's own limit is the same (ml/worker/serve.h).
inline constexpr std::size_t kWorkerFrameBytesMax = 256ULL * 1024 * 1024;
/// Requests of one loop that one worker has not answered.
inline constexpr std::size_t kCallsPerLinkMax = 8'192;
/// What waits for one worker's socket: past it a request is refused.
inline constexpr std::size_t kLinkUnsentBytesMax = 256ULL * 1024 * 1024;
/// Buffers that grew past it for one message are given back.
inline constexpr std::size_t kLinkBufferBytesKept = 1024 * 1024;
/// Pieces of one answer that whoever asked has not taken: past it the answer is broken off.
inline constexpr std::size_t kPiecesBytesMax = 16ULL * 1024 * 1024;
/// Between a connection's end and the word of how the program ended: whoever waits is answered
/// within 100 ms of its death, with that word or without.
inline constexpr std::chrono::milliseconds kWorkerEndTold{90};

/// How often a worker that is asked and says nothing is looked at, and pinged.
inline constexpr std::chrono::milliseconds kWorkerPulse{10'000};
/// A worker that has not answered so long after the first ping hangs, and is ended: as long as a
/// call may take.
inline constexpr std::chrono::milliseconds kWorkerSilentMax{120'000};

/// What runs on workers that are let go has so long to be answered.
inline constexpr std::chrono::milliseconds kCallsDrainMax{60'000};
/// Between SIGTERM and SIGKILL for a worker that nobody asks any more.
inline constexpr std::chrono::milliseconds kWorkerStopGrace{5'000};
/// The same for a program of the user's own: its server is given 30 s of them (SageMaker's number),
/// and the rest what runs it.
inline constexpr std::chrono::milliseconds kOwnProgramStopGrace{35'000};
/// Before a worker that died is started again: doubled with each death in a row.
inline constexpr std::chrono::milliseconds kRestartPauseMin{100};
inline constexpr std::chrono::milliseconds kRestartPauseMax{30'000};
/// Deaths in a row after which the variant counts as failed, and is tried only now and then.
inline constexpr std::size_t kWorkerDeathsMax = 5;
/// When whoever finds no worker may come again.
inline constexpr std::chrono::milliseconds kWorkerBackSoon{1'000};
/// Who lived so long does not die in a row.
inline constexpr std::chrono::milliseconds kWorkerSteady{60'000};
/// Crashes of workers that were not ready yet, none further from the last than kQuarantine, after
/// which a model's files are given no worker for as long.
inline constexpr std::size_t kCrashesMax = 2;
inline constexpr std::chrono::milliseconds kQuarantine{600'000};
/// Between attempts to load an endpoint's models after weft was restarted: doubled each time.
inline constexpr std::chrono::milliseconds kReloadPauseMin{1'000};
inline constexpr std::chrono::milliseconds kReloadPauseMax{60'000};
/// When an endpoint's state could not be written down.
inline constexpr std::chrono::milliseconds kEndpointKeepAgain{500};

}  // namespace weft::ml
