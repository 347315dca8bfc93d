package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.log.Log.Limits;
import java.time.Instant;
import java.util.Optional;

/**
 * What is true of a log as a whole. One entry of the state, so that a change of it is one message:
 * readers see all entries before {@code first} gone at once.
 *
 * @param first the first version that is part of the log
 * @param limits what the log keeps by itself
 * @param summary the document that stands for the entries before {@code first}
 * @param summaryAt when it was made
 */
record Head(long first, Limits limits, Optional<String> summary, Optional<Instant> summaryAt) {

  /** That of a log which was never truncated. */
  static final Head NEW = new Head(1, Limits.NONE, Optional.empty(), Optional.empty());

  /** Drops everything before this version, a summary too. */
  Head from(long version) {
    return version <= first ? this : new Head(version, limits, Optional.empty(), Optional.empty());
  }

  /** Drops everything before this version, the summary and the limits in any case. */
  Head emptied(long version) {
    return new Head(Math.max(first, version), Limits.NONE, Optional.empty(), Optional.empty());
  }

  Head with(Limits newLimits) {
    return new Head(first, newLimits, summary, summaryAt);
  }
}
