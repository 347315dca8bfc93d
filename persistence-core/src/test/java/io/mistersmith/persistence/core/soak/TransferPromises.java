package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/**
 * Transfers between accounts whose outcome a runtime was told: those that are committed stay, the
 * others never appear, and no money is made or lost. Thread-safe.
 */
final class TransferPromises {

  private final Database database;
  private final Tally tally;
  private final Set<String> committed = new HashSet<>();
  private final Set<String> refused = new HashSet<>();

  TransferPromises(Database database, Tally tally) {
    this.database = database;
    this.tally = tally;
  }

  synchronized void committed(String id) {
    committed.add(id);
  }

  synchronized void refused(String id) {
    refused.add(id);
  }

  /** Returns how many are known to be committed. */
  synchronized int count() {
    return committed.size();
  }

  /** Compares the accounts with their transfers; throws when PostgreSQL is away. */
  void checkBalances() throws SQLException {
    database.wrongBalances().forEach(what -> tally.add(new Fault(Kind.LOST, what)));
  }

  /** Compares all transfers with what was told of them. */
  void judge() throws SQLException {
    checkBalances();
    Set<String> found = database.transfers();
    synchronized (this) {
      committed.stream()
          .filter(id -> !found.contains(id))
          .forEach(id -> tally.add(new Fault(Kind.LOST, "transfer " + id + ": committed, gone")));
      refused.stream()
          .filter(found::contains)
          .forEach(
              id ->
                  tally.add(
                      new Fault(Kind.RESURRECTED, "transfer " + id + ": not committed, found")));
    }
  }
}
