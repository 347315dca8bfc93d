package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.state.tier.CommitWaits;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.state.Step;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Appends several entries to a log: together, as a step, as many as one can have; one after another
 * where the server or the bucket has no steps. Thread-safe.
 */
final class ManyAppends {

  /** What an entry without an id has beside its document. */
  private static final int ENVELOPE = 64;

  private final Logs logs;
  private final long maxBytes;

  /** Appends to {@code logs}; at most {@code maxBytes} together. */
  ManyAppends(Logs logs, long maxBytes) {
    this.logs = logs;
    this.maxBytes = maxBytes;
  }

  /**
   * Appends the documents, of which there is at least one, and returns the version of the last.
   *
   * @throws PersistenceException whose message says how many were appended, unless none was
   */
  long append(LogId log, List<byte[]> documents, OptionalLong expectedVersion) {
    OptionalLong expected = expectedVersion;
    long version = 0;
    boolean together = true;
    int done = 0;
    while (done < documents.size()) {
      List<byte[]> next = documents.subList(done, together ? endOfStep(documents, done) : done + 1);
      try {
        version = next.size() == 1 ? one(log, next.get(0), expected) : all(log, next, expected);
      } catch (PersistenceException e) {
        if (next.size() > 1 && e.error() == DataError.MISCONFIGURED) {
          together = false; // nothing was sent
          continue;
        }
        int appended = CommitWaits.isWritten(e) ? done + next.size() : done;
        throw appended == 0 ? e : cutShort(log, e, appended, documents.size());
      }
      done += next.size();
      expected = expected.isPresent() ? OptionalLong.of(version) : expected;
    }
    return version;
  }

  private int endOfStep(List<byte[]> documents, int from) {
    long bytes = 0;
    int end = from;
    while (end < documents.size() && end - from < Step.MOST_WRITES) {
      bytes += documents.get(end).length + ENVELOPE;
      if (bytes > maxBytes && end > from) {
        return end;
      }
      end++;
    }
    return end;
  }

  private long one(LogId log, byte[] document, OptionalLong expected) {
    return logs.writer().append(log, document, options(expected));
  }

  private long all(LogId log, List<byte[]> documents, OptionalLong expected) {
    StepAppends part = new StepAppends(logs, log);
    LongSupplier last = part.add(documents.get(0), options(expected));
    for (byte[] document : documents.subList(1, documents.size())) {
      last = part.add(document, Append.always());
    }
    var unused =
        logs.context().store().steps().write(log.owner(), List.of(), List.of(part), writes -> {});
    return last.getAsLong();
  }

  private static Append options(OptionalLong expected) {
    return expected.isPresent() ? Append.at(expected.getAsLong()) : Append.always();
  }

  private static PersistenceException cutShort(
      LogId log, PersistenceException cause, int done, int all) {
    String which = done == all ? "all " + all : "the first " + done + " of " + all;
    String message = log + ": " + which + " entries are appended: " + cause.getMessage();
    return cause.isTransient()
        ? new TransientPersistenceException(cause.error(), message, cause)
        : new NonTransientPersistenceException(cause.error(), message, cause);
  }
}
