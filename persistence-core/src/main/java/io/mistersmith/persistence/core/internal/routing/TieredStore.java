package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.core.internal.resilience.Window;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.HydrationProgress;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.Expected;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.Provenance;
import io.mistersmith.persistence.spi.ReadFrom;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries in a bucket with a durable store behind it, by logical revision. Thread-safe.
 *
 * <p>Writes go to the bucket alone; what brings them to the durable store reads the bucket's
 * journal.
 */
public final class TieredStore {

  private static final Logger LOG = LoggerFactory.getLogger(TieredStore.class);
  private static final byte[] NO_VALUE = {};

  private final Tiers tiers;
  private final TieredReader reader;
  private final Publisher publisher;
  private final ConditionalWriter conditional;
  private final OwnVersions own;
  private final AsyncWriter async;
  private final AdmittedWrites writes;

  /** Reads and writes through these tiers; no write is held up. */
  public TieredStore(Tiers tiers, Window window) {
    this(tiers, Admission.FREE, window);
  }

  /**
   * Reads and writes through these tiers, where {@code admission} lets writes in.
   *
   * @param window bounds the asynchronous writes that the bucket has not been given yet
   */
  public TieredStore(Tiers tiers, Admission admission, Window window) {
    this.tiers = tiers;
    this.writes =
        new AdmittedWrites(new WritesUnderWay("bucket " + tiers.bucket().name()), admission);
    tiers.revisions().onRestart(tiers.known()::clear);
    this.reader = new TieredReader(tiers);
    this.publisher = new Publisher(tiers);
    this.conditional = new ConditionalWriter(tiers, publisher);
    this.async = new AsyncWriter(publisher, conditional, window);
    this.own = new OwnVersions(tiers);
  }

  /** What this store is made of. */
  public Tiers tiers() {
    return tiers;
  }

  /** The writes of this process that have not ended, and whether more are let in. */
  public WritesUnderWay underWay() {
    return writes.underWay();
  }

  /** Writes a value and returns the revision of exactly this write. */
  public Revision write(StateKey key, byte[] json, Expected expected, Optional<Instant> expiresAt) {
    return writes.run(key, () -> writeNow(key, json, expected, expiresAt));
  }

  private Revision writeNow(
      StateKey key, byte[] json, Expected expected, Optional<Instant> expiresAt) {
    if (expected instanceof Expected.At at) {
      return conditional.replace(key, Operation.PUT, json, expiresAt, at.revision());
    }
    if (expected instanceof Expected.Absent) {
      return conditional.create(key, json, expiresAt);
    }
    return publisher.publish(key, Operation.PUT, json, unconditional(expiresAt), HotBucket.ANY);
  }

  /** {@link #write} without waiting for the acknowledgement. */
  public CompletableFuture<Revision> writeAsync(
      StateKey key, byte[] json, Expected expected, Optional<Instant> expiresAt) {
    return writes.runAsync(
        key,
        () ->
            async.write(
                key, json, expected, expiresAt, () -> writeNow(key, json, expected, expiresAt)));
  }

  /** Deletes the key, whatever is there. */
  public Revision remove(StateKey key) {
    return writes.run(key, () -> publishDelete(key));
  }

  private Revision publishDelete(StateKey key) {
    return publisher.publish(key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotBucket.ANY);
  }

  /** Deletes the key if it has this revision. */
  public Revision remove(StateKey key, Revision expected) {
    return writes.run(
        key,
        () -> conditional.replace(key, Operation.DELETE, NO_VALUE, Optional.empty(), expected));
  }

  /** {@link #remove(StateKey)} without waiting for the acknowledgement. */
  public CompletableFuture<Revision> removeAsync(StateKey key) {
    return writes.runAsync(
        key,
        () ->
            publisher.publishAsync(
                key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotBucket.ANY));
  }

  /** What stands at the key; nothing where there never was anything, or it is long gone. */
  public Optional<Standing> standing(StateKey key) {
    Optional<Standing> standing = conditional.standing(key);
    noteRead(key, standing.map(Standing::revision));
    return standing;
  }

  /** What stands at each of the owner's keys, and at those named; see {@link Standing}. */
  public Map<StateKey, Standing> standings(String agent, Collection<StateKey> named) {
    return Standings.of(tiers, agent, named);
  }

  /**
   * Deletes all that a deleted owner had in the bucket, and removes what was before. The markers
   * tell who has it in memory, and hide what the server may bring back; they leave as idle entries.
   */
  public void removeOwner(String agent) {
    long last = tiers.bucket().state().lastSequence();
    List<CompletableFuture<Long>> markers =
        tiers.bucket().list(agent, "").stream().map(this::marker).toList();
    try {
      for (CompletableFuture<Long> marker : markers) {
        last = Math.min(last, marker.join() - 1);
      }
    } catch (CompletionException e) {
      throw cause(e) instanceof PersistenceException failure ? failure : e;
    }
    tiers.bucket().evictAgent(agent, last);
  }

  /** A replica may not know yet that a deleted key was written again. */
  private CompletableFuture<Long> marker(HotEntry hot) {
    return hot.operation() == Operation.DELETE && !tiers.bucket().hasReplicas()
        ? CompletableFuture.completedFuture(hot.sequence())
        : publisher
            .publishAsync(hot.key(), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotBucket.ANY)
            .thenApply(Revision::sequence);
  }

  /**
   * Writes a value, or deletes where there is none, without waiting for the acknowledgement: with a
   * provenance as {@link #writeAfter} does, without one whatever stands there.
   */
  public CompletableFuture<Revision> replaceAsync(
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Optional<Provenance> provenance,
      long place) {
    return writes.runAsync(key, () -> replaceFreely(key, json, expiresAt, provenance, place));
  }

  private CompletableFuture<Revision> replaceFreely(
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Optional<Provenance> provenance,
      long place) {
    Operation operation = json.isPresent() ? Operation.PUT : Operation.DELETE;
    byte[] value = json.orElse(NO_VALUE);
    return provenance.isEmpty()
        ? publisher.publishAsync(key, operation, value, unconditional(expiresAt), HotBucket.ANY)
        : publisher.publishAsync(
            key,
            operation,
            value,
            conditional.metadata(expiresAt).withProvenance(provenance),
            place);
  }

  /**
   * What most likely stands at the key, without asking: what this process wrote there with a
   * provenance, if it knows of nothing later. To be written after, which tells whether it still
   * stands; never to be answered.
   */
  public Optional<Standing> likelyStanding(StateKey key) {
    return own.find(key);
  }

  /**
   * Where to write after this revision, if this process knows of none later and that it lives. To
   * be written after, which tells whether it still stands.
   */
  public OptionalLong likelyPlace(StateKey key, Revision revision) {
    return conditional.likelyPlace(key, revision);
  }

  /**
   * Writes a value, or deletes where there is none, after the message at {@code place}, and fails
   * with {@code VERSION_CONFLICT} when the key's last message is another one.
   */
  public Revision writeAfter(
      long place,
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Provenance provenance) {
    return writes.run(key, () -> publishAfter(place, key, json, expiresAt, provenance));
  }

  private Revision publishAfter(
      long place,
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      Provenance provenance) {
    Revision revision =
        conditional.publishAfter(
            place,
            key,
            json.isPresent() ? Operation.PUT : Operation.DELETE,
            json.orElse(NO_VALUE),
            expiresAt,
            provenance);
    own.note(
        key,
        new OwnVersions.Version(json, revision, tiers.clock().instant(), expiresAt, provenance));
    return revision;
  }

  /** The live entry of a key that is not kept in this process's memory. */
  public Optional<Entry> load(StateKey key) {
    return tiers.l1().load(key, () -> reader.readToKeep(key), () -> reader.read(key));
  }

  /** {@link #load} without waiting. */
  public CompletableFuture<Optional<Entry>> loadAsync(StateKey key) {
    return tiers
        .l1()
        .loadAsync(key, () -> reader.readToKeepAsync(key), () -> reader.readAsync(key));
  }

  /** The live entries of many keys that are not kept in memory; each key is in the answer. */
  public Map<StateKey, Optional<Entry>> loadAll(Collection<StateKey> keys) {
    return tiers.l1().loadAll(keys, reader::readAllToKeep, reader::readAll);
  }

  /** The live entry of a key, including every write that was acknowledged to anybody. */
  public Optional<Entry> readLatest(StateKey key) {
    Optional<Entry> entry = reader.readFromLeader(key);
    noteRead(key, entry.map(Entry::revision));
    return entry;
  }

  /** From now on nothing older is answered from memory. */
  private void noteRead(StateKey key, Optional<Revision> found) {
    if (found.isPresent()) {
      tiers.l1().changed(key, found.get());
    } else {
      tiers.l1().forget(key);
    }
  }

  /** The owner's live keys that start with {@code prefix}. */
  public List<StateKey> keys(String agent, String prefix) {
    return reader.keys(agent, prefix);
  }

  /** Brings the owner's flushed entries into the bucket that are not there. */
  public Hydration hydrate(String agent, Consumer<HydrationProgress> progress) {
    return new BulkHydration(tiers, agent, progress).run();
  }

  /** The last write of a key that is in the bucket, by whichever process; not a hydration. */
  public Optional<Revision> lastWrite(StateKey key) {
    return tiers
        .bucket()
        .get(key, ReadFrom.LEADER)
        .filter(hot -> hot.metadata().hydrated().isEmpty())
        .map(tiers::revisionOf);
  }

  /**
   * The last write of any of the owner's keys that is in the bucket, or a later one. A list may
   * come from a replica that has not got this process's last write yet, so that one is counted in.
   */
  public Optional<Revision> lastWrite(String agent) {
    return orOwn(lastListedWrite(agent));
  }

  /** The last write of any of the owner's keys that the bucket lists. */
  public Optional<Revision> lastListedWrite(String agent) {
    return tiers.bucket().list(agent, "").stream()
        .filter(hot -> hot.metadata().hydrated().isEmpty())
        .map(tiers::revisionOf)
        .max(Comparator.naturalOrder());
  }

  /** The later one of {@code listed} and the last write of this process. */
  public Optional<Revision> orOwn(Optional<Revision> listed) {
    long own = tiers.revisions().highest();
    return own == 0
        ? listed
        : Stream.concat(listed.stream(), Stream.of(tiers.revisions().of(own)))
            .max(Comparator.naturalOrder());
  }

  /**
   * Follows the changes of the owner's entries from now on, except for hydrations and what cannot
   * be read.
   */
  public AutoCloseable watch(String agent, BiConsumer<Revision, JournalEntry> action) {
    return new Watch(
        tiers.bucket(),
        tiers.health(),
        agent,
        entry -> {
          Revision revision = tiers.revisions().of(entry.sequence());
          // Whoever is told of a change must not read what was before it.
          entry.key().ifPresent(key -> tiers.l1().changed(key, revision));
          if (entry.unreadable().isEmpty()) {
            action.accept(revision, entry);
          }
        });
  }

  /**
   * To be called when the connection was lost and is back: another server may have answered since.
   */
  public void verifyAfterReconnect() {
    try {
      tiers.revisions().verify();
    } catch (PersistenceException e) {
      LOG.info(
          "bucket {}: not verified after a reconnect, the flush does it: {}",
          tiers.bucket().name(),
          e.getMessage());
    }
  }

  static EntryMetadata unconditional(Optional<Instant> expiresAt) {
    return expiresAt.isEmpty()
        ? EntryMetadata.NONE
        : new EntryMetadata(Optional.empty(), expiresAt, Optional.empty());
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
