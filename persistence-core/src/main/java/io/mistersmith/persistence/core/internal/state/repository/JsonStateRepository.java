package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.state.cache.L1;
import io.mistersmith.persistence.core.internal.state.cache.Slot;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.Lifetimes;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
  private final KeySpace space;
  private final KeyedCodec<T> codec;
  private final Optional<Duration> timeToLive;
  private final Commits commits;
  private final CachedAnswers<T> cached;
  private final ManyFinds<T> many;
  private final AtomicBoolean leftOut = new AtomicBoolean();

  /**
   * A repository of {@code codec}'s type in {@code store}.
   *
   * @param space the keys of the type
   * @param timeToLive what saves have whose options have none
   */
  public JsonStateRepository(
      TieredStore store,
      KeySpace space,
      JsonCodec<T> codec,
      Optional<Duration> timeToLive,
      Commits commits) {
    this.store = store;
    this.l1 = store.tiers().l1();
    this.space = space;
    this.lifetimes = store.tiers().lifetimes();
    this.codec = store.tiers().keyed(codec);
    this.timeToLive = timeToLive;
    this.commits = commits;
    this.cached =
        new CachedAnswers<>(
            codec, codec.sharesValues(), entry -> decode(entry, StorageLayer.MEMORY_CACHE));
    this.many = new ManyFinds<>(store, space, cached::of, this::decode);
  }

  @Override
  public Versioned<T> save(StateKey named, T value, SaveOptions options) {
    StateKey key = space.own(named);
    checkDurability(key, options);
    Optional<Instant> expiresAt = endOf(options);
    Revision.OfJournal revision =
        store.write(key, codec.encode(key, value), options.expected(), expiresAt);
    if (options.durability() == Durability.SQL_COMMITTED) {
      store.commits().await(key, revision);
    }
    return saved(value, revision, expiresAt);
  }

  private void checkDurability(StateKey key, SaveOptions options) {
    if (options.durability() == Durability.SQL_COMMITTED) {
      commits.checkPossible(key);
    }
  }

  @Override
  public Optional<Versioned<T>> find(StateKey named) {
    StateKey key = space.own(named);
    Slot<Entry> slot = l1.find(key);
    return slot == null ? store.loader().load(key).map(this::decode) : cached.of(slot);
  }

  /** Returns the basis of an update: the entry as {@link #find} returns it, and its own end. */
  Optional<Present<T>> present(StateKey named) {
    StateKey key = space.own(named);
    Slot<Entry> slot = l1.find(key);
    Optional<Entry> entry = slot == null ? store.loader().load(key) : slot.entry();
    return entry.map(found -> new Present<>(decode(found), found.ownEnd()));
  }

  /**
   * An entry that is to be rewritten.
   *
   * @param version the entry
   * @param ownEnd the end that it was written with
   */
  record Present<T>(Versioned<T> version, Optional<Instant> ownEnd) {}

  private Optional<Instant> endOf(SaveOptions options) {
    Optional<Duration> own = options.timeToLive();
    return lifetimes.after(own.isPresent() ? own : timeToLive);
  }

  @Override
  public Versioned<T> update(StateKey named, UnaryOperator<T> change) {
    StateKey key = space.own(named);
    return Conflicts.retry(
        () -> rewrite(store.readLatest(key).orElseThrow(() -> nothingToUpdate(key)), change));
  }

  static NonTransientPersistenceException nothingToUpdate(StateKey key) {
    return new NonTransientPersistenceException(
        DataError.NOT_FOUND, "key " + key + ": there is nothing to update");
  }

  @Override
  public Versioned<T> update(
      StateKey named, T initial, UnaryOperator<T> change, Duration deadline) {
    StateKey key = space.own(named);
    return Conflicts.retry(
        deadline,
        () -> {
          Optional<Entry> entry = store.readLatest(key);
          if (entry.isPresent()) {
            return Conflicts.rewriting(() -> rewrite(entry.get(), change));
          }
          T value = change.apply(initial);
          return Conflicts.creating(() -> save(key, value, SaveOptions.ifAbsent()));
        });
  }

  private Versioned<T> rewrite(Entry entry, UnaryOperator<T> change) {
    StateKey key = entry.key();
    T value = change.apply(decode(entry).value());
    Revision revision =
        store.write(
            key,
            codec.encode(key, value),
            SaveOptions.at(entry.revision()).expected(),
            entry.ownEnd());
    return saved(value, revision, entry.ownEnd());
  }

  @Override
  public void delete(StateKey key) {
    store.remove(space.own(key));
  }

  @Override
  public void delete(StateKey key, Revision expected) {
    store.remove(space.own(key), expected);
  }

  @Override
  public Map<StateKey, DataResult<Versioned<T>>> saveAll(Map<StateKey, T> values) {
    return Rows.join(values, (key, value) -> saveAsync(key, value, SaveOptions.unconditional()));
  }

  @Override
  public Map<StateKey, DataResult<Optional<Versioned<T>>>> findAll(Collection<StateKey> wanted) {
    return many.find(wanted);
  }

  @Override
  public Map<StateKey, DataResult<Optional<Revision>>> deleteAll(Collection<StateKey> unwanted) {
    return Rows.join(
        unwanted,
        key -> {
          return store.removeAsync(space.own(key)).thenApply(Optional::of);
        });
  }

  @Override
  public CompletableFuture<Versioned<T>> saveAsync(StateKey named, T value, SaveOptions options) {
    return Rows.start(
        () -> {
          StateKey key = space.own(named);
          checkDurability(key, options);
          Optional<Instant> expiresAt = endOf(options);
          return store
              .writeAsync(
                  key,
                  codec.encode(key, value),
                  options.expected(),
                  expiresAt,
                  options.durability() == Durability.SQL_COMMITTED)
              .thenApply(revision -> saved(value, revision, expiresAt));
        });
  }

  @Override
  public CompletableFuture<Optional<Versioned<T>>> findAsync(StateKey named) {
    return Rows.start(
        () -> {
          StateKey key = space.own(named);
          Slot<Entry> slot = l1.find(key);
          return slot == null
              ? decoded(store.loader().loadAsync(key))
              : CompletableFuture.completedFuture(cached.of(slot));
        });
  }

  /** Decrypting may have to ask for a key, which must not block the connection's thread. */
  private CompletableFuture<Optional<Versioned<T>>> decoded(
      CompletableFuture<Optional<Entry>> loaded) {
    return store.tiers().sealing().isOn()
        ? loaded.thenApplyAsync(entry -> entry.map(this::decode), store.tiers().executor())
        : loaded.thenApply(entry -> entry.map(this::decode));
  }

  @Override
  public CompletableFuture<Void> deleteAsync(StateKey key) {
    return Rows.start(
        () -> {
          return store.removeAsync(space.own(key)).thenAccept(revision -> {});
        });
  }

  @Override
  public List<StateKey> keys(AgentId agent, String prefix) {
    return outside(store.keys(agent, space.path(prefix)));
  }

  @Override
  public List<StateKey> keys(AgentId agent, String prefix, String after, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a page of " + limit + " keys: ask for at least 1");
    }
    String from = after.isEmpty() ? "" : space.path(after);
    return outside(store.keys(agent, space.path(prefix), from, limit));
  }

  @Override
  public Map<StateKey, DataResult<Versioned<T>>> search(StateQuery query) {
    Map<StateKey, DataResult<Versioned<T>>> rows = new LinkedHashMap<>();
    StateSearches.run(store.tiers(), space, query)
        .forEach(entry -> rows.put(space.outside(entry.key()), row(() -> decode(entry))));
    return rows;
  }

  private List<StateKey> outside(List<StateKey> own) {
    return own.stream().map(space::outside).toList();
  }

  @Override
  public Watch watch(AgentId agent, String prefix, Consumer<StateChangeEvent<T>> listener) {
    return store.watch(
        agent, space.path(prefix), (revision, entry) -> tell(listener, revision, entry));
  }

  @Override
  public void awaitDurable(StateKey key, Revision revision, Duration deadline) {
    StateKey own = space.own(key);
    commits.checkPossible(own);
    commits.await(own, Entry.ownRevision(key, revision), deadline);
  }

  @Override
  public void flush(StateKey key, Duration deadline) {
    StateKey own = space.own(key);
    commits.checkPossible(own);
    store.lastWrites().of(own).ifPresent(revision -> commits.await(own, revision, deadline));
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
              listener.accept(new StateChangeEvent<>(space.outside(key), revision, value));
            });
  }

  /** Nothing of what is no {@code T}, such as an entry of an older program. */
  private Optional<Versioned<T>> changed(StateKey key, Revision revision, JournalEntry entry) {
    try {
      return Optional.of(
          new Versioned<>(
              codec.decode(key, entry.value()),
              revision,
              entry.time(),
              StorageLayer.DISTRIBUTED_KV,
              lifetimes.endOf(entry.metadata().expiresAt(), entry.time())));
    } catch (PersistenceException e) {
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
        entry.provenance().map(Provenance::clock).orElseGet(VectorClock::empty),
        entry.awaySince());
  }

  private static <R> DataResult<R> row(Supplier<R> decoding) {
    try {
      return DataResult.success(decoding.get());
    } catch (PersistenceException e) {
      return DataResult.failure(e);
    }
  }

  private Clock clock() {
    return store.tiers().clock();
  }
}
