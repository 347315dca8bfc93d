package io.mistersmith.persistence.migration.internal.verify;

import io.mistersmith.persistence.migration.internal.catalog.Catalog;
import io.mistersmith.persistence.migration.internal.history.MigrationTables;
import io.mistersmith.persistence.migration.internal.history.ValidationResults;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.jdbc.WorkConnection;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Back;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Forward;
import io.mistersmith.persistence.migration.internal.run.MigrationContext;
import io.mistersmith.persistence.migration.internal.run.ScriptExecutor;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.report.VerificationReport;
import io.mistersmith.persistence.migration.report.VerificationReport.Verified;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries every way back on a scratch database: each version is applied, the tables are filled with
 * rows, the version is taken back and applied again, and the catalog is compared with what it was.
 */
public final class RollbackVerification {
  private static final Logger LOG = LoggerFactory.getLogger(RollbackVerification.class);

  private final MigrationContext context;
  private final Planner planner;
  private final Function<String, DataSource> databases;

  public RollbackVerification(
      MigrationContext context, Planner planner, Function<String, DataSource> databases) {
    this.context = context;
    this.planner = planner;
    this.databases = databases;
  }

  public VerificationReport run() {
    try (ScratchDatabase scratch = ScratchDatabase.create(context.dataSource(), databases);
        WorkConnection connections = new WorkConnection(scratch.dataSource()).keep();
        Attempt attempt =
            new Attempt(
                new MigrationContext(
                    scratch.dataSource(), connections, context.sets(), context.settings()))) {
      List<Verified> versions = new ArrayList<>();
      for (Migration migration : planner.order()) {
        if (attempt.stuck) {
          break;
        }
        Verified verified = attempt.verify(migration);
        LOG.info(
            "{} {}, with rows in {} tables.",
            migration,
            verified.problems().isEmpty() ? "can be taken back" : "CANNOT be taken back cleanly",
            verified.tablesWithRows());
        versions.add(verified);
      }
      record(versions);
      return new VerificationReport(versions);
    } catch (SQLException e) {
      throw SqlStates.failure("Could not verify the ways back", e);
    }
  }

  /** Keeps the results in the database that was asked about, where it has a history. */
  private void record(List<Verified> versions) throws SQLException {
    context
        .transaction()
        .run(
            connection -> {
              if (MigrationTables.exist(connection)) {
                for (Verified verified : versions) {
                  ValidationResults.record(
                      connection,
                      verified.id(),
                      "rollback leads back to the catalog before",
                      ValidationResults.Type.ROLLBACK,
                      verified.problems().isEmpty(),
                      String.join("\n", verified.problems()),
                      verified.took());
                }
              }
              return true;
            });
  }

  private static final class Attempt implements AutoCloseable {
    private final MigrationContext scratch;
    private final ScriptExecutor executor;
    private final SampleRows rows = new SampleRows();
    private boolean stuck;

    /** The catalog as of the last look; only a script changes it, rows do not. */
    private Catalog present;

    Attempt(MigrationContext scratch) throws SQLException {
      this.scratch = scratch;
      this.executor = scratch.executor();
      scratch
          .transaction()
          .run(
              connection -> {
                MigrationTables.create(connection);
                return true;
              });
      this.present = catalog();
    }

    @Override
    public void close() {
      executor.close();
    }

    Verified verify(Migration migration) throws SQLException {
      long start = System.nanoTime();
      List<String> problems = new ArrayList<>();
      Forward forward = new Forward(migration, "this is a scratch database");
      Catalog before = present;
      executor.run(forward);
      Catalog after = catalog();
      present = after;
      fill();
      int tablesWithRows = rows.filled();
      if (migration.rollbackSql().isEmpty()) {
        problems.add("there is no script that takes it back");
      } else {
        takeBackAndApplyAgain(migration, forward, before, after, problems);
      }
      return new Verified(
          migration.id(),
          problems,
          tablesWithRows,
          rows.failures(),
          Duration.ofNanos(System.nanoTime() - start));
    }

    private void takeBackAndApplyAgain(
        Migration migration, Forward forward, Catalog before, Catalog after, List<String> problems)
        throws SQLException {
      Back back = Back.of(migration.id(), migration.name(), migration.rollbackSql().orElseThrow());
      try {
        executor.run(back);
      } catch (MigrationException e) {
        problems.add(String.valueOf(e.getMessage()));
        return;
      }
      present = catalog();
      before.differences(present).forEach(d -> problems.add("after the rollback: " + d));
      try {
        executor.run(forward);
      } catch (MigrationException e) {
        stuck = true;
        problems.add("applied again: " + e.getMessage());
        problems.add("the versions behind it were not tried");
        return;
      }
      present = catalog();
      after.differences(present).forEach(d -> problems.add("applied again: " + d));
      fill();
    }

    private void fill() throws SQLException {
      boolean unused =
          scratch
              .connections()
              .use(
                  connection -> {
                    rows.fill(connection);
                    return true;
                  });
    }

    private Catalog catalog() throws SQLException {
      return scratch.connections().use(Catalog::read);
    }
  }
}
