package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import java.time.Clock;
import java.util.SortedMap;
import java.util.TreeMap;

/** A server that says what it is and what its tables hold, and does nothing else. */
record FakeCluster(Clock clock, SortedMap<String, TableContents> tables)
    implements PostgresCluster {

  @Override
  public Facts facts() {
    return new Facts("16.4", 16, "7300000000000000000", 1, 16 << 20, 0, false, 0, clock.instant());
  }

  @Override
  public Archiving archiving() {
    throw unsupported();
  }

  @Override
  public boolean holdsObjects() {
    throw unsupported();
  }

  @Override
  public long switchWal() {
    throw unsupported();
  }

  @Override
  public long restorePoint(String name) {
    throw unsupported();
  }

  @Override
  public Held keepWal() {
    throw unsupported();
  }

  @Override
  public Snapshot snapshot() {
    return new Snapshot() {
      @Override
      public String name() {
        return "00000003-0000001B-1";
      }

      @Override
      public SortedMap<String, TableContents> tables() {
        return new TreeMap<>(tables);
      }

      @Override
      public void close() {}
    };
  }

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("there is no server");
  }
}
