package io.mistersmith.persistence.core.internal.state.conflict;

import io.mistersmith.persistence.conflict.Conflict;
import io.mistersmith.persistence.conflict.Conflict.Candidate;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.state.tier.CommitWaits;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.KeyState;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.ConflictMet.Outcome;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Performs writes that read the key's state, decide, and store the decision by compare-and-set. A
 * write that loses reads again.
 *
 * <p>A write has one timestamp, from when it was called for, however often it reads: with a new one
 * after each read it would always be the later one, and "last write wins" would mean "last to get
 * through wins". A merged value is a write of its own, made after both.
 *
 * <p>A read costs as much as the write. The first try therefore skips it where this process knows
 * the likely state of the key: the version that the write is based on, or one that this process
 * stored. If the key has another state, the compare-and-set fails, and the write reads after all;
 * that does not count as a conflict. Only a decision to store is made without a read, since the
 * compare-and-set tests no other.
 *
 * <p>A write replaces without a conflict only the versions that its author had seen. Earlier writes
 * of this process are not among them unless the write is based on them, since another thread may
 * have made them. The stored vector clock covers the replaced version and the new one, whose tick
 * is newer than all earlier ones of this node: a reader that has seen an earlier tick has not seen
 * this version.
 *
 * @param <T> the type of the values
 */
public final class ResolvingWriter<T> {

  private static final Logger LOG = LoggerFactory.getLogger(ResolvingWriter.class);

  /** More nodes than write one entry at a time; a clock longer than this is pruned. */
  private static final int CLOCK_LIMIT = 32;

  private final TieredStore store;
  private final KeyedCodec<T> codec;
  private final ConflictRules<T> rules;
  private final HybridClock clock;
  private final PersistenceListener listener;
  private volatile int typicalBytes;

  /** Writes into {@code store} by these rules. */
  public ResolvingWriter(
      TieredStore store,
      KeyedCodec<T> codec,
      ConflictRules<T> rules,
      HybridClock clock,
      PersistenceListener listener) {
    this.store = store;
    this.codec = codec;
    this.rules = rules;
    this.clock = clock;
    this.listener = listener;
  }

  /**
   * Performs the write and returns the state of the key after it.
   *
   * @throws TransientPersistenceException with {@code VERSION_CONFLICT} when the rules reject it,
   *     when a later delete stays, or when other writers were faster each time
   */
  public Written<T> write(Write<T> write) {
    return writeUnseen(write).orElseGet(() -> lookAndWrite(write));
  }

  /** Waits for the commits of writes that ask for it. */
  public CommitWaits commits() {
    return store.commits();
  }

  private Optional<Written<T>> writeUnseen(Write<T> write) {
    try {
      OptionalLong basis = placeOfBasis(write);
      if (basis.isPresent()) {
        return Optional.of(
            store(
                toStore(write, write.seen(), write.at(), Optional.empty()),
                write,
                basis.getAsLong()));
      }
      Optional<KeyState> likely = store.likelyKeyState(write.key());
      Optional<Decision.Store<T>> decision = likely.flatMap(keyState -> guess(write, keyState));
      if (decision.isPresent()) {
        Written<T> written = store(decision.get(), write, likely.get().place());
        report(write.key(), decision.get(), 0);
        return Optional.of(written);
      }
      return Optional.empty();
    } catch (TransientPersistenceException e) {
      if (!Conflicts.isConflict(e)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /**
   * Decides on the likely state. Ignores an exception of the resolver, since the key may have
   * another state.
   */
  private Optional<Decision.Store<T>> guess(Write<T> write, KeyState likely) {
    try {
      return decide(write, Optional.of(likely)) instanceof Decision.Store<T> toStore
          ? Optional.of(toStore)
          : Optional.empty();
    } catch (RuntimeException e) {
      LOG.debug("key {}: not decided without a look: {}", write.key(), e.toString());
      return Optional.empty();
    }
  }

  private OptionalLong placeOfBasis(Write<T> write) {
    return write
        .basis()
        .filter(
            basis ->
                write.expected() instanceof Expected.Anything
                    || write.expected().equals(new Expected.At(basis)))
        .map(basis -> store.likelyPlace(write.key(), basis))
        .orElse(OptionalLong.empty());
  }

  private Written<T> lookAndWrite(Write<T> write) {
    AtomicInteger looks = new AtomicInteger();
    Supplier<Written<T>> outcome =
        Conflicts.retry(
            () -> {
              looks.incrementAndGet();
              Optional<KeyState> keyState = store.keyState(write.key());
              Decision<T> decision = decide(write, keyState);
              Supplier<Written<T>> done = carryOut(decision, write, keyState);
              report(write.key(), decision, looks.get() - 1);
              return done;
            });
    return outcome.get();
  }

  /** Returns the time of a write whose author had seen {@code seen}: later than all of it. */
  public HybridTimestamp timeAfter(VectorClock seen) {
    seen.ticks().forEach(clock::observe);
    return clock.now();
  }

  private Supplier<Written<T>> carryOut(
      Decision<T> decision, Write<T> write, Optional<KeyState> keyState) {
    if (decision instanceof Decision.Store<T> toStore) {
      Written<T> written =
          store(toStore, write, keyState.map(KeyState::place).orElse(HotWrites.NONE));
      return () -> written;
    }
    if (decision instanceof Decision.Keep<T> keep) {
      return () -> {
        store.settleLeft(write.key(), keep.current().revision());
        return keep.current();
      };
    }
    // Thrown when the loop is over: a refusal is no lost race.
    Decision.Refuse<T> refuse = (Decision.Refuse<T>) decision;
    return () -> {
      throw refuse.why();
    };
  }

  private void report(StateKey key, Decision<T> decision, int lost) {
    if (decision.conflict().isPresent() || lost > 0) {
      Outcome outcome = decision.conflict().orElse(Outcome.TOOK_INCOMING);
      listener.on(
          new PersistenceEvent.ConflictMet(key, rules.resolverFor(key).strategy(), outcome, lost));
    }
  }

  private Decision<T> decide(Write<T> write, Optional<KeyState> keyState) {
    Optional<PersistenceException> unexpected = unexpected(write, keyState);
    if (unexpected.isPresent()) {
      return new Decision.Refuse<>(unexpected.get(), Optional.empty());
    }
    if (keyState.isEmpty()) {
      return toStore(write, write.seen(), write.at(), Optional.empty());
    }
    Provenance current = StoredTimes.trusted(keyState.get(), write.at());
    clock.observe(current.timestamp());
    VectorClock both = current.clock().merge(write.seen());
    if (!(write.expected() instanceof Expected.Anything)) {
      // It names what it replaces, and so has seen it.
      return toStore(write, both, clock.now(), Optional.empty());
    }
    if (both.equals(write.seen())) {
      return toStore(write, both, write.at(), Optional.empty());
    }
    return resolve(write, both, keyState.get(), current);
  }

  private Decision.Store<T> toStore(
      Write<T> write, VectorClock seen, HybridTimestamp at, Optional<Outcome> conflict) {
    return new Decision.Store<>(
        write.value(), new Provenance(at, seen.tick(clock.now())), conflict);
  }

  private Decision<T> resolve(
      Write<T> write, VectorClock both, KeyState keyState, Provenance current) {
    StateKey key = write.key();
    Optional<T> value = keyState.live().map(entry -> codec.decode(key, entry.json()));
    Resolution<T> resolution =
        rules
            .resolverFor(key)
            .resolve(
                new Conflict<>(
                    key,
                    candidate(value, Optional.of(keyState.revision()), current),
                    candidate(write.value(), Optional.empty(), unstored(write))));
    if (resolution instanceof Resolution.Rejected<T> rejected) {
      return refuse(key, rejected.reason(), Outcome.REJECTED);
    }
    if (resolution instanceof Resolution.KeepCurrent) {
      return value.isEmpty() && write.value().isPresent()
          ? refuse(key, "a later delete stays", Outcome.KEPT_CURRENT)
          : new Decision.Keep<>(
              new Written<>(
                  value,
                  keyState.revision(),
                  keyState.writtenAt(),
                  keyState.live().flatMap(Entry::expiresAt),
                  current.clock()));
    }
    if (resolution instanceof Resolution.Merged<T> merged) {
      HybridTimestamp after = clock.now();
      return new Decision.Store<>(
          Optional.of(merged.value()),
          new Provenance(after, both.tick(after)),
          Optional.of(Outcome.MERGED));
    }
    return toStore(write, both, write.at(), Optional.of(Outcome.TOOK_INCOMING));
  }

  private static Provenance unstored(Write<?> write) {
    HybridTimestamp itself =
        new HybridTimestamp(write.at().millis(), write.at().counter(), Candidate.UNSTORED_NODE);
    return new Provenance(write.at(), write.seen().tick(itself));
  }

  private static <T> Candidate<T> candidate(
      Optional<T> value, Optional<Revision> revision, Provenance from) {
    return new Candidate<>(value, revision, from.timestamp(), from.clock());
  }

  private static <T> Decision<T> refuse(StateKey key, String reason, Outcome outcome) {
    return new Decision.Refuse<>(
        new TransientPersistenceException(
            DataError.VERSION_CONFLICT, "key " + key + ": not saved: " + reason),
        Optional.of(outcome));
  }

  private Optional<PersistenceException> unexpected(Write<?> write, Optional<KeyState> keyState) {
    Optional<Revision.OfJournal> live = keyState.flatMap(KeyState::live).map(Entry::revision);
    if (write.expected() instanceof Expected.Absent && live.isPresent()) {
      return Optional.of(
          new NonTransientPersistenceException(
              DataError.DUPLICATE_KEY,
              "key " + write.key() + ": it exists with revision " + live.get()));
    }
    if (write.expected() instanceof Expected.At at
        && keyState.filter(found -> found.hasEnded(at.revision())).isPresent()) {
      return Optional.of(store.tiers().ended(write.key(), at.revision()));
    }
    if (write.expected() instanceof Expected.At at && !live.equals(Optional.of(at.revision()))) {
      return Optional.of(
          new TransientPersistenceException(
              DataError.VERSION_CONFLICT,
              "key %s: expected revision %s, but %s; read it and try again"
                  .formatted(
                      write.key(),
                      at.revision(),
                      live.map(found -> "it has " + found).orElse("there is none"))));
    }
    return Optional.empty();
  }

  /**
   * About how many bytes a value has in the store: as many as the largest of those that were
   * written lately, which smaller ones bring down bit by bit.
   */
  public int typicalBytes(StateKey key, T value) {
    return typicalBytes == 0 ? encode(key, value).length : typicalBytes;
  }

  private byte[] encode(StateKey key, T value) {
    byte[] json = codec.encode(key, value);
    int known = typicalBytes;
    typicalBytes = Math.max(Math.max(1, json.length), known - known / 16);
    return json;
  }

  private Written<T> store(Decision.Store<T> decision, Write<T> write, long place) {
    VectorClock seen = decision.provenance().clock().pruned(CLOCK_LIMIT);
    Revision.OfJournal revision =
        store.writeAfter(
            place,
            write.key(),
            decision.value().map(value -> encode(write.key(), value)),
            write.expiresAt(),
            new Provenance(decision.provenance().timestamp(), seen));
    Instant now = store.tiers().clock().instant();
    return new Written<>(
        decision.value(),
        revision,
        now,
        store.tiers().lifetimes().endOf(write.expiresAt(), now),
        seen);
  }
}
