package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.online.ProgressListener.Progress;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;

/** Goes through a table batch by batch, each as large as it can be in the time that it may take. */
final class BatchLoop {

  /** One of the functions of schema migrations that does the next batch. */
  enum Phase {
    FILL(
        "fill",
        "filling",
        "SELECT b.rows_seen, b.rows_written, b.state FROM migrations.backfill_batch(?, ?) AS b"),
    COPY(
        "copy",
        "copying",
        "SELECT b.rows_seen, b.rows_written, b.state FROM migrations.shadow_copy_batch(?, ?) AS b");

    private final String label;
    private final String goesOn;
    private final String sql;

    Phase(String label, String goesOn, String sql) {
      this.label = label;
      this.goesOn = goesOn;
      this.sql = sql;
    }
  }

  private record Batch(long seen, long written, String state) {}

  private final Steps steps;
  private final Pacing pacing;
  private final ProgressListener listener;
  private final String table;
  private final BatchSizer sizer;
  private long rowsSeen;
  private long rowsWritten;
  private int batches;
  private Duration longest = Duration.ZERO;

  BatchLoop(Steps steps, Pacing pacing, ProgressListener listener, String table) {
    this.steps = steps;
    this.pacing = pacing;
    this.listener = listener;
    this.table = table;
    this.sizer = new BatchSizer(pacing);
  }

  /** Does batches until the last one is done. */
  void run(UUID change, Phase phase) {
    Steps.Keeping connection = steps.keepConnection();
    try {
      runAll(change, phase);
    } finally {
      connection.close();
    }
  }

  private void runAll(UUID change, Phase phase) {
    String what = "The " + phase.label + " of table " + table + " by online change " + change;
    while (true) {
      long[] start = {0};
      Batch batch =
          steps.run(
              what,
              pacing.batchLimit(),
              sizer::gaveWay,
              connection -> {
                start[0] = System.nanoTime();
                try (PreparedStatement statement = connection.prepareStatement(phase.sql)) {
                  statement.setObject(1, change);
                  statement.setInt(2, sizer.size());
                  return read(statement);
                }
              });
      Duration took = Duration.ofNanos(System.nanoTime() - start[0]);
      longest = took.compareTo(longest) > 0 ? took : longest;
      rowsSeen += batch.seen;
      rowsWritten += batch.written;
      batches++;
      listener.batchDone(
          new Progress(change, table, phase.label, rowsSeen, rowsWritten, sizer.size(), took));
      if (!batch.state.equals(phase.goesOn)) {
        return;
      }
      sizer.took(took);
      steps.pauseBetweenBatches(what);
    }
  }

  /** Returns the result so far. */
  OnlineChangeReport report(UUID change) {
    return new OnlineChangeReport(change, rowsSeen, rowsWritten, batches, steps.retries(), longest);
  }

  private static Batch read(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return new Batch(row.getLong(1), row.getLong(2), row.getString(3));
    }
  }
}
