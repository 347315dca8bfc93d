package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of the {@link MemoryDatabase}, which guards it: what it has changed and which rows
 * it holds. It sees the data from its first statement on.
 */
final class Transaction {

  /** A point to go back to. */
  record Mark(List<Map<?, ?>> changes, int held) {}

  private record Held<K>(Table<K, ?> table, K key, @Nullable LockMode before) {

    void putBack(Transaction by) {
      table.unlock(by, key, before);
    }
  }

  private final Isolation isolation;
  private final boolean readOnly;
  private final List<Held<?>> held = new ArrayList<>();
  private @Nullable Tables tables;
  private long serializedBefore;
  private boolean lost;
  private @Nullable Transaction waitsFor;

  Transaction(Isolation isolation, boolean readOnly) {
    this.isolation = isolation;
    this.readOnly = readOnly;
  }

  /**
   * Returns what this transaction sees.
   *
   * @param serialized how many serializable transactions were committed
   */
  Tables tables(Content content, long serialized) {
    Tables mine = tables;
    if (mine == null) {
      serializedBefore = serialized;
      boolean snapshot = isolation != Isolation.READ_COMMITTED;
      mine = new Tables(this, content, snapshot ? content.copy() : content);
      tables = mine;
    } else if (isolation == Isolation.READ_COMMITTED) {
      mine.seeInstallation(content.installation());
    }
    return mine;
  }

  /** Holds a row until the transaction, or what is rolled back of it, ends. */
  <K> void hold(Table<K, ?> table, K key, LockMode mode) {
    if (readOnly) {
      throw new ReadOnlyException();
    }
    LockMode before = table.lock(this, key, mode);
    held.add(new Held<>(table, key, before));
  }

  Mark mark() {
    return new Mark(tables == null ? List.of() : tables.changes(), held.size());
  }

  /** Returns whether rows were let go of. */
  boolean goBack(Mark mark) {
    boolean letGo = held.size() > mark.held();
    while (held.size() > mark.held()) {
      held.remove(held.size() - 1).putBack(this);
    }
    if (tables != null) {
      tables.putBack(mark.changes());
    }
    return letGo;
  }

  boolean isSerializable() {
    return isolation == Isolation.SERIALIZABLE;
  }

  /**
   * Applies the changes to the committed content; returns whether there were any. As in PostgreSQL,
   * only another serializable transaction is a reason to refuse them, here one since which a row
   * has changed that this one has read.
   */
  boolean commit(long serialized) {
    if (tables == null || !tables.isChanged()) {
      return false;
    }
    if (isSerializable() && serialized != serializedBefore && tables.hasReadWhatChanged()) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          "SQLSTATE 40001, another transaction changed what this one has read");
    }
    tables.commit();
    return true;
  }

  /** Lets go of all rows. */
  void release() {
    boolean unused = goBack(new Mark(List.of(), 0));
  }

  boolean isLost() {
    return lost;
  }

  void lose() {
    lost = true;
  }

  void waitFor(@Nullable Transaction holder) {
    waitsFor = holder;
  }

  boolean isWaitingFor(Transaction holder) {
    return waitsFor == holder;
  }

  /** Whether this transaction, or one that it waits for, waits for the other. */
  boolean waitsFor(Transaction other) {
    for (Transaction next = this; next != null; next = next.waitsFor) {
      if (next == other) {
        return true;
      }
    }
    return false;
  }
}
