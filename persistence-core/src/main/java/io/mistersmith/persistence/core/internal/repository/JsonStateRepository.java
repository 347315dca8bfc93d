package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.core.internal.cache.L1;
import io.mistersmith.persistence.core.internal.cache.Slot;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.lifecycle.AgentMoves;
import io.mistersmith.persistence.core.internal.resilience.Conflicts;
import io.mistersmith.persistence.core.internal.routing.Entry;
import io.mistersmith.persistence.core.internal.routing.Lifetimes;
import io.mistersmith.persistence.core.internal.routing.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Durability;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.JsonCodec;
import io.mistersmith.persistence.repository.SaveOptions;
import io.mistersmith.persistence.repository.StateChangeEvent;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.Provenance;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entities as JSON in a tiered store.
 *
 * @param <T> the type of the entities
 */
public final class JsonStateRepository<T> implements StateRepository<T> {

  private static final Logger LOG = LoggerFactory.getLogger(JsonStateRepository.class);

  private final TieredStore store;
  private final L1<Entry> l1;
  private final Lifetimes lifetimes;
  private final KeyedCodec<T> codec;
  private final Commits commits;
  private final KeyRule keys;
  private final Duration commitTimeout;
  private final AgentMoves moves;
  private final CachedAnswers<T> cached;
  private final AtomicBoolean leftOut = new AtomicBoolean();

  /**
   * A repository of {@code codec}'s type in {@code store}.
   *
   * @param keys which keys the store can keep
   * @param commitTimeout how long a save that asks for it waits for PostgreSQL
   * @param moves hydrates and flushes agents
   */
  public JsonStateRepository(
      TieredStore store,
      JsonCodec<T> codec,
      Commits commits,
      KeyRule keys,
      Duration commitTimeout,
      AgentMoves moves) {
    this.store = store;
    this.l1 = store.tiers().l1();
    this.lifetimes = store.tiers().lifetimes();
    this.codec = new KeyedCodec<>(codec, store.tiers().bucket()::maxValueBytes);
    this.commits = commits;
    this.keys = keys;
    this.commitTimeout = commitTimeout;
    this.moves = moves;
    this.cached =
        new CachedAnswers<>(
            codec, codec.sharesValues(), entry -> decode(entry, StorageLayer.MEMORY_CACHE));
  }

  @Override
  public Versioned<T> save(StateKey key, T value, SaveOptions options) {
    keys.check(key);
    Optional<Instant> expiresAt = lifetimes.after(options.timeToLive());
    Revision revision = store.write(key, codec.encode(key, value), options.expected(), expiresAt);
    if (options.durability() == Durability.SQL_COMMITTED) {
      commits.await(key, revision, commitTimeout);
    }
    return saved(value, revision, expiresAt);
  }

  @Override
  public Optional<Versioned<T>> find(StateKey key) {
    Slot<Entry> slot = l1.find(key);
    return slot == null ? store.load(key).map(this::decode) : cached.of(slot);
  }

  /** What an update begins with: the entry as {@link #find} answers it, and its own end. */
  Optional<Present<T>> present(StateKey key) {
    Slot<Entry> slot = l1.find(key);
    Optional<Entry> entry = slot == null ? store.load(key) : slot.entry();
    return entry.map(found -> new Present<>(decode(found), found.ownEnd()));
  }

  /**
   * An entry that is to be rewritten.
   *
   * @param version the entry
   * @param ownEnd the end that it was written with
   */
  record Present<T>(Versioned<T> version, Optional<Instant> ownEnd) {}

  @Override
  public Versioned<T> update(StateKey key, UnaryOperator<T> change) {
    keys.check(key);
    return Conflicts.retry(
        () -> {
          Entry entry =
              store
                  .readLatest(key)
                  .orElseThrow(
                      () ->
                          new NonTransientPersistenceException(
                              DataError.NOT_FOUND, "key " + key + ": there is nothing to update"));
          T value = change.apply(decode(entry).value());
          Revision revision =
              store.write(
                  key,
                  codec.encode(key, value),
                  SaveOptions.at(entry.revision()).expected(),
                  entry.ownEnd());
          return saved(value, revision, entry.ownEnd());
        });
  }

  @Override
  public void delete(StateKey key) {
    keys.check(key);
    store.remove(key);
  }

  @Override
  public void delete(StateKey key, Revision expected) {
    keys.check(key);
    store.remove(key, expected);
  }

  @Override
  public Map<StateKey, DataResult<Versioned<T>>> saveAll(Map<StateKey, T> values) {
    return Rows.join(values, (key, value) -> saveAsync(key, value, SaveOptions.unconditional()));
  }

  @Override
  public Map<StateKey, DataResult<Optional<Versioned<T>>>> findAll(Collection<StateKey> wanted) {
    Map<StateKey, DataResult<Optional<Versioned<T>>>> rows = new LinkedHashMap<>();
    List<StateKey> missing = new ArrayList<>();
    for (StateKey key : wanted) {
      Slot<Entry> slot = l1.find(key);
      if (slot == null) {
        missing.add(key);
      }
      rows.put(key, row(() -> slot == null ? Optional.empty() : cached.of(slot)));
    }
    if (missing.isEmpty()) {
      return rows;
    }
    try {
      store
          .loadAll(missing)
          .forEach((key, entry) -> rows.put(key, row(() -> entry.map(this::decode))));
    } catch (PersistenceException e) {
      missing.forEach(key -> rows.put(key, DataResult.failure(e)));
    }
    return rows;
  }

  @Override
  public Map<StateKey, DataResult<Revision>> deleteAll(Collection<StateKey> unwanted) {
    return Rows.join(
        unwanted,
        key -> {
          keys.check(key);
          return store.removeAsync(key);
        });
  }

  @Override
  public CompletableFuture<Versioned<T>> saveAsync(StateKey key, T value, SaveOptions options) {
    return Rows.start(
        () -> {
          keys.check(key);
          Optional<Instant> expiresAt = lifetimes.after(options.timeToLive());
          CompletableFuture<Revision> written =
              store.writeAsync(key, codec.encode(key, value), options.expected(), expiresAt);
          if (options.durability() == Durability.SQL_COMMITTED) {
            written =
                written.thenApplyAsync(
                    revision -> {
                      commits.await(key, revision, commitTimeout);
                      return revision;
                    },
                    executor());
          }
          return written.thenApply(revision -> saved(value, revision, expiresAt));
        });
  }

  @Override
  public CompletableFuture<Optional<Versioned<T>>> findAsync(StateKey key) {
    return Rows.start(
        () -> {
          Slot<Entry> slot = l1.find(key);
          return slot == null
              ? store.loadAsync(key).thenApply(entry -> entry.map(this::decode))
              : CompletableFuture.completedFuture(cached.of(slot));
        });
  }

  @Override
  public CompletableFuture<Void> deleteAsync(StateKey key) {
    return Rows.start(
        () -> {
          keys.check(key);
          return store.removeAsync(key).thenAccept(revision -> {});
        });
  }

  @Override
  public List<StateKey> keys(String agent, String prefix) {
    return store.keys(agent, prefix);
  }

  @Override
  public AutoCloseable watch(String agent, Consumer<StateChangeEvent<T>> listener) {
    return store.watch(agent, (revision, entry) -> tell(listener, revision, entry));
  }

  @Override
  public int hydrate(String agent) {
    return moves.hydrate(agent).brought();
  }

  @Override
  public void awaitDurable(StateKey key, Revision revision, Duration deadline) {
    commits.await(key, revision, deadline);
  }

  @Override
  public void flush(StateKey key, Duration deadline) {
    store.lastWrite(key).ifPresent(revision -> commits.await(key, revision, deadline));
  }

  @Override
  public void flush(String agent, Duration deadline) {
    moves.flush(agent, deadline);
  }

  private void tell(Consumer<StateChangeEvent<T>> listener, Revision revision, JournalEntry entry) {
    entry
        .key()
        .ifPresent(
            key -> {
              Optional<Versioned<T>> value = Optional.empty();
              if (entry.operation() != Operation.DELETE) {
                value = changed(key, revision, entry);
                if (value.isEmpty()) {
                  return;
                }
              }
              listener.accept(new StateChangeEvent<>(key, revision, value));
            });
  }

  /** Nothing of what is no {@code T}: the agent's entries of other types are watched as well. */
  private Optional<Versioned<T>> changed(StateKey key, Revision revision, JournalEntry entry) {
    try {
      return Optional.of(
          new Versioned<>(
              codec.decode(key, entry.value()),
              revision,
              entry.time(),
              StorageLayer.DISTRIBUTED_KV,
              lifetimes.endOf(entry.metadata().expiresAt(), entry.time())));
    } catch (NonTransientPersistenceException e) {
      String what = "a watch leaves out a change that it cannot read: {}";
      if (leftOut.getAndSet(true)) {
        LOG.debug(what, e.getMessage());
      } else {
        LOG.warn(what + "; later ones are logged at DEBUG", e.getMessage());
      }
      return Optional.empty();
    }
  }

  private Versioned<T> saved(T value, Revision revision, Optional<Instant> ownEnd) {
    Instant now = clock().instant();
    return new Versioned<>(
        value, revision, now, StorageLayer.DISTRIBUTED_KV, lifetimes.endOf(ownEnd, now));
  }

  private Versioned<T> decode(Entry entry) {
    return decode(entry, entry.layer());
  }

  private Versioned<T> decode(Entry entry, StorageLayer layer) {
    return new Versioned<>(
        codec.decode(entry.key(), entry.json()),
        entry.revision(),
        entry.writtenAt(),
        layer,
        entry.expiresAt(),
        entry.provenance().map(Provenance::clock).orElseGet(VectorClock::empty));
  }

  private DataResult<Optional<Versioned<T>>> row(Supplier<Optional<Versioned<T>>> decoding) {
    try {
      return DataResult.success(decoding.get());
    } catch (PersistenceException e) {
      return DataResult.failure(e);
    }
  }

  private Clock clock() {
    return store.tiers().clock();
  }

  private Executor executor() {
    return store.tiers().executor();
  }
}
