package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.KeyState;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Encryption.Rotation;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.state.SaveOptions;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rewrites the entries of agents' state with newer data keys. An entry that needs no rewrite is
 * left alone, so a rotation that was stopped may begin anywhere again. Thread-safe.
 */
final class EntryRotation {

  private static final Logger LOG = LoggerFactory.getLogger(EntryRotation.class);
  private static final int PAGE = 200;

  private final EntrySealing sealing;
  private final DataKeys keys;
  private final TieredStore store;
  private final StateStore rows;
  private final Runnable flush;
  private final Clock clock;

  EntryRotation(
      EntrySealing sealing,
      DataKeys keys,
      TieredStore store,
      StateStore rows,
      Runnable flush,
      Clock clock) {
    this.sealing = sealing;
    this.keys = keys;
    this.store = store;
    this.rows = rows;
    this.flush = flush;
    this.clock = clock;
  }

  private enum Outcome {
    LEFT,
    REWRITTEN,
    FAILED
  }

  Rotation run(Rotation from, Consumer<Rotation> progress) {
    Instant now = clock.instant();
    if (from.since().isAfter(now)) {
      throw new IllegalArgumentException(
          "the rotation is since " + from.since() + ", and it is " + now + "; give a past time");
    }
    keys.renewBefore(from.since());
    flush.run();
    Rotation at = from;
    while (!at.isDone()) {
      at = page(at);
      progress.accept(at);
    }
    return at;
  }

  private Rotation page(Rotation from) {
    List<StateKey> page = rows.keysOfAll(from.after(), PAGE);
    long seen = from.seen();
    long rewritten = from.rewritten();
    long failed = from.failed();
    for (StateKey key : page) {
      if (isOfApplication(key)) {
        Outcome outcome = rewrite(key, from.since());
        seen++;
        rewritten += outcome == Outcome.REWRITTEN ? 1 : 0;
        failed += outcome == Outcome.FAILED ? 1 : 0;
      }
    }
    Optional<StateKey> last =
        page.isEmpty() ? from.after() : Optional.of(page.get(page.size() - 1));
    return new Rotation(from.since(), last, seen, rewritten, failed, page.size() < PAGE);
  }

  /** The library's own entries name what is encrypted, and are not themselves. */
  private static boolean isOfApplication(StateKey key) {
    return key.type().equals(StateKey.UNTYPED) || StateKey.isTypeName(key.type());
  }

  private Outcome rewrite(StateKey key, Instant since) {
    try {
      Optional<KeyState> state = store.keyState(key);
      Optional<Entry> live = state.flatMap(KeyState::live);
      if (live.isEmpty() || !sealing.isOlder(key, live.get().json(), since)) {
        return Outcome.LEFT;
      }
      byte[] again = sealing.seal(key, sealing.open(key, live.get().json()));
      write(state.get(), live.get(), again);
      return Outcome.REWRITTEN;
    } catch (TransientPersistenceException e) {
      if (Conflicts.isConflict(e)) {
        return Outcome.LEFT; // the faster writer has encrypted it
      }
      throw e;
    } catch (NonTransientPersistenceException e) {
      LOG.warn("a rotation of data keys leaves an entry as it is: {}", e.getMessage());
      return Outcome.FAILED;
    }
  }

  /** Writes the same version again: with its end, and with its place among concurrent ones. */
  private void write(KeyState state, Entry live, byte[] again) {
    if (live.provenance().isPresent()) {
      var unused =
          store.writeAfter(
              state.place(),
              live.key(),
              Optional.of(again),
              live.ownEnd(),
              live.provenance().get());
    } else {
      var unused =
          store.write(live.key(), again, SaveOptions.at(live.revision()).expected(), live.ownEnd());
    }
  }
}
