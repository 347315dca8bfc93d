package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Writes without waiting for the acknowledgement. The store bounds what it was given and has not
 * answered; a conditional write may also wait for a thread before it reaches the store, with its
 * value, so it has a place in a window of its own from its call to its end. Thread-safe.
 */
final class AsyncWriter {

  private final Publisher publisher;
  private final ConditionalWriter conditional;
  private final Window window;

  AsyncWriter(Publisher publisher, ConditionalWriter conditional, Window window) {
    this.publisher = publisher;
    this.conditional = conditional;
    this.window = window;
  }

  /**
   * Starts the write.
   *
   * @param blocking makes the same write on the thread that calls it
   */
  CompletableFuture<Revision.OfJournal> write(
      StateKey key,
      byte[] json,
      Expected expected,
      Optional<Instant> expiresAt,
      Supplier<Revision.OfJournal> blocking) {
    if (expected instanceof Expected.Anything) {
      return publisher.publishAsync(
          key, Operation.PUT, json, TieredStore.unconditional(expiresAt), HotWrites.ANY);
    }
    int bytes = json.length;
    window.enter(bytes, () -> "write " + key);
    try {
      return writeIf(key, json, expected, expiresAt, blocking)
          .whenComplete((revision, failure) -> window.leave(bytes));
    } catch (RuntimeException | Error e) {
      window.leave(bytes);
      throw e;
    }
  }

  private CompletableFuture<Revision.OfJournal> writeIf(
      StateKey key,
      byte[] json,
      Expected expected,
      Optional<Instant> expiresAt,
      Supplier<Revision.OfJournal> blocking) {
    if (expected instanceof Expected.At at) {
      Revision.OfJournal revision = Entry.ownRevision(key, at.revision());
      OptionalLong likely = conditional.likelyPlace(key, revision);
      if (likely.isPresent()) {
        // It runs after an acknowledgement, on a thread that has no actor.
        Supplier<Revision.OfJournal> again =
            Actor.carry(
                () -> conditional.replaceWhereItIs(key, Operation.PUT, json, expiresAt, revision));
        return publisher
            .publishAsync(
                key, Operation.PUT, json, conditional.metadata(expiresAt), likely.getAsLong())
            .exceptionallyCompose(
                failure ->
                    Conflicts.isConflict(Failures.cause(failure))
                        ? publisher.inBackground(again)
                        : CompletableFuture.failedFuture(Failures.cause(failure)));
      }
    }
    return publisher.inBackground(blocking);
  }
}
