package io.mistersmith.persistence.core.internal.crossstore;

import io.mistersmith.persistence.core.internal.state.tier.EntryTarget;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStoreTransaction;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Basis;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Change;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Pending;
import io.mistersmith.persistence.transaction.Transaction;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Writes the changes of entries as rows of a transaction. For the thread that runs the work. */
final class CollectedEntries implements CrossStoreTransaction {

  private final Transaction transaction;
  private final EntryWriteStore unit;
  private final PlacedWrites entries;
  private final Map<StateKey, Pending> pending = new LinkedHashMap<>();

  CollectedEntries(Transaction transaction, EntryWriteStore unit, PlacedWrites entries) {
    this.transaction = transaction;
    this.unit = unit;
    this.entries = entries;
  }

  /** Returns the last change of each entry. */
  List<Pending> all() {
    return List.copyOf(pending.values());
  }

  @Override
  public Transaction transaction() {
    return transaction;
  }

  @Override
  public void write(EntryChange<?> change) {
    write(EntryTarget.of(change, entries), Optional.empty());
  }

  @Override
  public void write(EntryChange<?> change, Revision expected) {
    write(EntryTarget.of(change, entries), Optional.of(expected));
  }

  /** The row comes first: until the transaction ends no other one can decide about the entry. */
  private void write(EntryTarget target, Optional<Revision> expected) {
    StateKey key = target.key();
    Pending written =
        unit.write(
            new Change(
                key,
                target.json(),
                UUID.randomUUID().toString(),
                transaction.correlationId().orElse("")));
    if (expected.isPresent() && !written.earlier().isEmpty()) {
      throw conflict(key, "a change of it by a transaction is not in KV yet");
    }
    if (written.basis().isEmpty()) {
      Latest latest = entries.latest(key);
      if (expected.isPresent() && !isOf(latest, expected.get())) {
        throw conflict(key, "it has another revision than " + expected.get());
      }
      Basis basis = new Basis(latest.place(), latest.revision());
      boolean unused = unit.base(key, written.change().token(), basis);
      written =
          new Pending(
              written.change(),
              Optional.of(basis),
              written.earlier(),
              written.writtenAt(),
              Optional.empty());
    }
    pending.put(key, written);
  }

  private static boolean isOf(Latest latest, Revision expected) {
    return latest.value().isPresent() && latest.revision().filter(expected::equals).isPresent();
  }

  /**
   * Looks whether the entries are as the transaction met them.
   *
   * @throws TransientPersistenceException {@code VERSION_CONFLICT} when one is not
   */
  static void check(Collection<Pending> changes, PlacedWrites entries) {
    for (Pending change : changes) {
      StateKey key = change.change().key();
      if (!EntryPuts.isAsMet(change, entries.latest(key))) {
        throw conflict(key, "somebody has written it since; nothing was committed");
      }
    }
  }

  private static TransientPersistenceException conflict(StateKey key, String why) {
    return new TransientPersistenceException(
        DataError.VERSION_CONFLICT, "change of key " + key + " with a transaction: " + why);
  }
}
