package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LogStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Publishes writes to the bucket. Before anybody learns how a write ended, this process's memory
 * has dropped what it replaced, or may have replaced when its acknowledgement was lost.
 */
final class Publisher {

  private static final byte[] NO_VALUE = {};

  private final Tiers tiers;

  Publisher(Tiers tiers) {
    this.tiers = tiers;
  }

  Revision.OfJournal publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    Revisions revisions = tiers.revisions();
    long mark = revisions.mark();
    Revision.OfJournal revision;
    try {
      long sequence = tiers.writes().publish(key, operation, value, metadata, expectedSequence);
      revision = revisions.acknowledged(mark, sequence);
    } catch (RuntimeException e) {
      tiers.l1().forget(key);
      throw e;
    }
    return tiers.written(key, revision, metadata.expiresAt());
  }

  /** Publishes an entry that is written once: there is nothing in memory that it replaces. */
  Revision.OfJournal publishOnce(StateKey key, byte[] value, EntryMetadata metadata) {
    Revisions revisions = tiers.revisions();
    long mark = revisions.mark();
    long sequence = tiers.writes().publish(key, Operation.PUT, value, metadata, HotWrites.NONE);
    Revision.OfJournal revision = revisions.acknowledged(mark, sequence);
    tiers.sql().ifPresent(sql -> sql.use().wrote(key.agent()));
    return revision;
  }

  /** Publishes messages together, and returns their revisions in order, which it does not note. */
  List<Revision.OfJournal> publishTogether(List<Outgoing> messages) {
    Revisions revisions = tiers.revisions();
    long mark = revisions.mark();
    long last;
    try {
      last = tiers.writes().publishTogether(messages);
      Revision.OfJournal unused = revisions.acknowledged(mark, last);
    } catch (RuntimeException e) {
      messages.forEach(message -> tiers.l1().forget(message.key()));
      throw e;
    }
    List<Revision.OfJournal> written = new ArrayList<>(messages.size());
    while (written.size() < messages.size()) {
      written.add(revisions.of(last - messages.size() + 1 + written.size()));
    }
    tiers.sql().ifPresent(sql -> sql.use().wrote(messages.get(0).key().agent()));
    return written;
  }

  /**
   * The acknowledgement arrives on the connection's own thread, which must not block: verify
   * elsewhere.
   */
  CompletableFuture<Revision.OfJournal> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return acknowledged(
            tiers.revisions().mark(),
            () -> tiers.writes().publishAsync(key, operation, value, metadata, expectedSequence),
            revision -> tiers.written(key, revision, metadata.expiresAt()))
        .whenComplete(
            (revision, failure) -> {
              if (failure != null) {
                tiers.l1().forget(key);
              }
            });
  }

  /**
   * Publishes a chunk of a large value, which no cache, floor or lifecycle knows: no two writes
   * have the same one.
   */
  CompletableFuture<Revision.OfJournal> publishChunk(StateKey chunk, byte[] bytes) {
    return acknowledged(
        tiers.revisions().mark(),
        () ->
            tiers
                .writes()
                .publishAsync(chunk, Operation.PUT, bytes, EntryMetadata.NONE, HotWrites.ANY),
        UnaryOperator.identity());
  }

  /**
   * Publishes a marker after the message at {@code place}. Entries that are written once have no
   * floor, and get none from it.
   */
  CompletableFuture<Revision.OfJournal> publishMarker(StateKey key, long place) {
    return key.type().equals(LogStore.ENTRIES)
        ? acknowledged(
            tiers.revisions().mark(),
            () ->
                tiers
                    .writes()
                    .publishAsync(key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, place),
            UnaryOperator.identity())
        : publishAsync(key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, place);
  }

  /** Sends a message after the mark was taken, and has its revision noted. */
  private CompletableFuture<Revision.OfJournal> acknowledged(
      long mark, Supplier<CompletableFuture<Long>> send, UnaryOperator<Revision.OfJournal> note) {
    Revisions revisions = tiers.revisions();
    return send.get()
        .thenCompose(
            sequence -> {
              Revision.OfJournal revision = revisions.of(sequence);
              return revisions.note(mark, sequence)
                  ? CompletableFuture.completedFuture(note.apply(revision))
                  : inBackground(() -> note.apply(revisions.settle(sequence)));
            });
  }

  CompletableFuture<Revision.OfJournal> inBackground(Supplier<Revision.OfJournal> call) {
    return CompletableFuture.supplyAsync(Actor.carry(call), tiers.executor());
  }
}
