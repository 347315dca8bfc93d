package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Reads and writes entries in a bucket with a durable store, by logical revision. Thread-safe.
 *
 * <p>Writes go only to the bucket; the flush reads the bucket's journal and brings them to the
 * durable store.
 */
public final class TieredStore {

  private static final byte[] NO_VALUE = {};

  private final Tiers tiers;
  private final TieredReader reader;
  private final Loader loader;
  private final Publisher publisher;
  private final ConditionalWriter conditional;
  private final OwnVersions own;
  private final AsyncWriter async;
  private final AdmittedWrites writes;
  private final StepWriter steps;

  /**
   * Reads and writes through these tiers.
   *
   * @param underWay counts the writes, and refuses them once it is closed
   * @param admission lets writes in, where something may hold them up
   * @param commits waits for the commits of writes
   * @param window bounds the asynchronous writes that the bucket has not been given yet
   */
  public TieredStore(
      Tiers tiers,
      WritesUnderWay underWay,
      Optional<Admission> admission,
      CommitWaits commits,
      Window window) {
    this.tiers = tiers;
    this.writes = new AdmittedWrites(underWay, admission, commits);
    tiers.revisions().onRestart(tiers.known()::clear);
    this.reader = new TieredReader(tiers);
    this.loader = new Loader(tiers, reader);
    this.publisher = new Publisher(tiers);
    this.conditional = new ConditionalWriter(tiers, publisher);
    this.async = new AsyncWriter(publisher, conditional, window);
    this.own = new OwnVersions(tiers);
    this.steps = new StepWriter(tiers, publisher, conditional, writes);
  }

  /** Returns the parts of this store. */
  public Tiers tiers() {
    return tiers;
  }

  /** Reads what is not kept in this process's memory. */
  public Loader loader() {
    return loader;
  }

  /** Writes entries together. */
  public StepWriter steps() {
    return steps;
  }

  /** Writes entries at a place, with an id that the caller knows them by. */
  public PlacedWrites placed() {
    return new PlacedWrites(tiers, publisher, writes);
  }

  /** The writes of this process that have not ended, and whether more are let in. */
  public WritesUnderWay underWay() {
    return writes.underWay();
  }

  /** Writes a value and returns the revision of exactly this write. */
  public Revision.OfJournal write(
      StateKey key, byte[] json, Expected expected, Optional<Instant> expiresAt) {
    boolean held = writes.enter(key);
    try {
      return writes.settle(held, key, writeNow(key, json, expected, expiresAt));
    } finally {
      writes.leave();
    }
  }

  private Revision.OfJournal writeNow(
      StateKey key, byte[] json, Expected expected, Optional<Instant> expiresAt) {
    if (expected instanceof Expected.At at) {
      return conditional.replace(
          key, Operation.PUT, json, expiresAt, Entry.ownRevision(key, at.revision()));
    }
    if (expected instanceof Expected.Absent) {
      return conditional.create(key, json, expiresAt);
    }
    return publisher.publish(key, Operation.PUT, json, unconditional(expiresAt), HotWrites.ANY);
  }

  /**
   * Writes a key that has neither value nor marker in the bucket, and whose row the caller knows to
   * be absent. Entries that are written once have no floors, and no place in memory: they would
   * push others out.
   *
   * @throws TransientPersistenceException with {@code VERSION_CONFLICT} when there is one
   */
  public Revision.OfJournal writeOnce(StateKey key, byte[] json) {
    return writes.run(
        key, () -> publisher.publishOnce(key, json, conditional.metadata(Optional.empty())));
  }

  /**
   * {@link #write} without waiting for the acknowledgement.
   *
   * @param committed whether the future waits for the commit
   */
  public CompletableFuture<Revision.OfJournal> writeAsync(
      StateKey key,
      byte[] json,
      Expected expected,
      Optional<Instant> expiresAt,
      boolean committed) {
    return writes.runAsync(
        key,
        json.length,
        committed,
        () ->
            async.write(
                key, json, expected, expiresAt, () -> writeNow(key, json, expected, expiresAt)));
  }

  /** Writes a chunk of a large value, without waiting for the acknowledgement. */
  public CompletableFuture<Revision.OfJournal> writeChunkAsync(StateKey chunk, byte[] bytes) {
    return writes.runAsync(chunk, bytes.length, false, () -> publisher.publishChunk(chunk, bytes));
  }

  /** Deletes the key. */
  public Revision.OfJournal remove(StateKey key) {
    return writes.run(
        key,
        () ->
            publisher.publish(key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotWrites.ANY));
  }

  /** Deletes the key if it has this revision. */
  public Revision.OfJournal remove(StateKey key, Revision expected) {
    return writes.run(
        key,
        () ->
            conditional.replace(
                key,
                Operation.DELETE,
                NO_VALUE,
                Optional.empty(),
                Entry.ownRevision(key, expected)));
  }

  /** {@link #remove(StateKey)} without waiting for the acknowledgement. */
  public CompletableFuture<Revision.OfJournal> removeAsync(StateKey key) {
    return writes.runAsync(
        key,
        0,
        false,
        () ->
            publisher.publishAsync(
                key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotWrites.ANY));
  }

  /**
   * Returns the state of the key; empty where nothing was written, or a deleted entry was swept.
   */
  public Optional<KeyState> keyState(StateKey key) {
    Optional<KeyState> keyState = conditional.keyState(key);
    noteRead(key, keyState.map(KeyState::revision));
    return keyState;
  }

  /** Returns the states of the owner's keys, and of those named; see {@link KeyState}. */
  public Map<StateKey, KeyState> keyStates(AgentId agent, Collection<StateKey> named) {
    return KeyStates.of(tiers, agent, named);
  }

  /**
   * Prepares to delete all entries of owners that are in the bucket now; see {@link OwnerRemoval}.
   * Call it before the owners' rows are deleted.
   *
   * @return deletes the entries of owners, and returns the failure of each whose entries may be
   *     left
   */
  public Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal() {
    return new OwnerRemoval(tiers, publisher)::remove;
  }

  /**
   * Writes a value, or deletes if there is none, without waiting for the acknowledgement: with a
   * provenance as {@link #writeAfter} does, without one unconditionally.
   */
  public CompletableFuture<Revision.OfJournal> replaceAsync(
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Optional<Provenance> provenance,
      long place) {
    return writes.runAsync(
        key,
        json.map(value -> value.length).orElse(0),
        false,
        () -> replaceFreely(key, json, expiresAt, provenance, place));
  }

  private CompletableFuture<Revision.OfJournal> replaceFreely(
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Optional<Provenance> provenance,
      long place) {
    Operation operation = json.isPresent() ? Operation.PUT : Operation.DELETE;
    byte[] value = json.orElse(NO_VALUE);
    return provenance.isEmpty()
        ? publisher.publishAsync(key, operation, value, unconditional(expiresAt), HotWrites.ANY)
        : publisher.publishAsync(
            key,
            operation,
            value,
            conditional.metadata(expiresAt).withProvenance(provenance),
            place);
  }

  /**
   * Returns the likely state of the key, without a request: this process's last write there with a
   * provenance, if it knows of nothing later. Use it only for a compare-and-set, which fails if the
   * state has changed; never return it to a caller.
   */
  public Optional<KeyState> likelyKeyState(StateKey key) {
    return own.find(key);
  }

  /**
   * Returns the place of this revision, if this process knows that it lives and of none later. Use
   * it only for a compare-and-set, which fails if the entry has changed.
   */
  public OptionalLong likelyPlace(StateKey key, Revision revision) {
    return conditional.likelyPlace(key, Entry.ownRevision(key, revision));
  }

  /**
   * Writes a value, or deletes if there is none, after the message at {@code place}. Fails with
   * {@code VERSION_CONFLICT} when the key's last message is another one.
   */
  public Revision.OfJournal writeAfter(
      long place,
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Provenance provenance) {
    return writes.run(key, () -> publishAfter(place, key, json, expiresAt, provenance));
  }

  private Revision.OfJournal publishAfter(
      long place,
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Provenance provenance) {
    Revision.OfJournal revision =
        conditional.publishAfter(
            place,
            key,
            json.isPresent() ? Operation.PUT : Operation.DELETE,
            json.orElse(NO_VALUE),
            expiresAt,
            provenance);
    own.note(
        new StoredState(
            key,
            json.orElse(NO_VALUE),
            revision,
            tiers.clock().instant(),
            expiresAt,
            json.isEmpty(),
            Optional.of(provenance)));
    return revision;
  }

  /** Waits for the commits of writes that ask for it. */
  public CommitWaits commits() {
    return writes.commits();
  }

  /** Waits for the commit of a version that a write leaves in place, if all writes wait for it. */
  public void settleLeft(StateKey key, Revision.OfJournal revision) {
    Revision.OfJournal unused = writes.settle(false, key, revision);
  }

  /** The live entry of a key, including every write that was acknowledged to anybody. */
  public Optional<Entry> readLatest(StateKey key) {
    Optional<Entry> entry = reader.readFromLeader(key);
    noteRead(key, entry.map(Entry::revision));
    return entry;
  }

  /** From now on nothing older is answered from memory. */
  private void noteRead(StateKey key, Optional<Revision.OfJournal> found) {
    if (found.isPresent()) {
      tiers.l1().changed(key, found.get());
    } else {
      tiers.l1().forget(key);
    }
  }

  /** The owner's live keys whose paths start with {@code prefix}. */
  public List<StateKey> keys(AgentId agent, String prefix) {
    return reader.keys(agent, prefix);
  }

  /** A page of {@link #keys(AgentId, String)}, in the order of their bytes. */
  public List<StateKey> keys(AgentId agent, String prefix, String after, int limit) {
    return reader.keys(agent, prefix, after, limit);
  }

  /** Brings the owner's flushed entries into the bucket that are not there. */
  public Hydration hydrate(AgentId agent, Consumer<Hydration.Progress> progress) {
    return new BulkHydration(tiers, agent, progress).run();
  }

  /** Returns the last writes of keys and owners. */
  public LastWrites lastWrites() {
    return new LastWrites(tiers);
  }

  /**
   * Follows the changes of the owner's entries whose paths start with {@code prefix} from now on,
   * except for hydrations and what cannot be read.
   */
  public StateRepository.Watch watch(
      AgentId agent, String prefix, BiConsumer<Revision.OfJournal, JournalEntry> action) {
    return new Watch(
        tiers.journal(),
        tiers.services(),
        agent,
        prefix,
        entry -> {
          Revision.OfJournal revision = tiers.revisions().of(entry.sequence());
          // A caller that is notified of a change must not read what was before it.
          entry
              .key()
              .ifPresent(
                  key -> {
                    if (!key.type().equals(LogStore.ENTRIES)) {
                      tiers.known().note(key, revision, entry.metadata().expiresAt());
                      tiers.l1().changed(key, revision);
                    }
                    tiers.met(key, entry.sequence(), entry.metadata());
                  });
          if (entry.unreadable().isEmpty()) {
            action.accept(revision, entry);
          }
        });
  }

  static EntryMetadata unconditional(Optional<Instant> expiresAt) {
    return expiresAt.isEmpty()
        ? EntryMetadata.NONE
        : new EntryMetadata(Optional.empty(), expiresAt, Optional.empty());
  }
}
