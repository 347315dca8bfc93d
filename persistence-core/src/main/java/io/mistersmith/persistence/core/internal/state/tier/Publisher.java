package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Publishes writes to the bucket. Before anybody learns how a write ended, this process's memory
 * has dropped what it replaced, or may have replaced when its acknowledgement was lost.
 */
final class Publisher {

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
    long sequence;
    try {
      sequence = tiers.writes().publish(key, operation, value, metadata, expectedSequence);
    } catch (RuntimeException e) {
      tiers.l1().forget(key);
      throw e;
    }
    return tiers.written(key, revisions.acknowledged(mark, sequence), metadata.expiresAt());
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
    Revisions revisions = tiers.revisions();
    long mark = revisions.mark();
    return tiers
        .writes()
        .publishAsync(key, operation, value, metadata, expectedSequence)
        .whenComplete(
            (sequence, failure) -> {
              if (failure != null) {
                tiers.l1().forget(key);
              }
            })
        .thenCompose(
            sequence -> {
              Revision.OfJournal revision = revisions.of(sequence);
              return revisions.note(mark, sequence)
                  ? CompletableFuture.completedFuture(
                      tiers.written(key, revision, metadata.expiresAt()))
                  : inBackground(
                      () -> tiers.written(key, revisions.settle(sequence), metadata.expiresAt()));
            });
  }

  CompletableFuture<Revision.OfJournal> inBackground(Supplier<Revision.OfJournal> call) {
    return CompletableFuture.supplyAsync(call, tiers.executor());
  }
}
