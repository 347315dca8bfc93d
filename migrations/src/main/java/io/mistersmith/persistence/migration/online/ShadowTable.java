package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.online.BatchLoop.Phase;
import io.mistersmith.persistence.migration.online.Pacing.Sleeper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Gives a table another structure while it is in use: a shadow with the new structure is kept in
 * step by triggers, filled batch by batch, compared with the table, and put in its place in a
 * moment. From then on the old table is kept in step, so that the swap can be taken back with
 * everything that was written meanwhile, until {@link #finish()} drops it.
 *
 * <p>{@link #run()} performs all steps up to the cut-over; they can be called one by one too. Each
 * is recorded in the database: after an exception or the death of the process, the same call of an
 * equal object resumes there, in any process.
 *
 * <p>The table needs a primary key, which stays. Refused, by name, are tables with partitions or
 * heirs, with row-level security or in a publication, with triggers that are disabled, and those
 * that foreign keys, views, or functions refer to: these would go on with the old table. Indexes,
 * constraints and triggers of the new one are those that its definition says; owner, grants and the
 * state of its sequences are taken over. A constraint that is stricter than the table's own refuses
 * writes to the table from the start on.
 *
 * <p>Needs the set {@code online} of the migrations, and a user who owns the table. Immutable and
 * thread-safe. The definition and the expressions are SQL: never take them from untrusted input.
 */
public final class ShadowTable {
  private final Builder settings;

  private ShadowTable(Builder settings) {
    this.settings = settings;
  }

  /** Starts the description of a change. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Does what is left up to the cut-over: starts, copies, compares and swaps. Nothing where that is
   * done.
   *
   * @throws MigrationException of kind {@link Kind#DIFFERENT} when the shadow is not like the
   *     table; of another kind when it did not go on. The work until then is kept.
   */
  public OnlineChangeReport run() {
    start();
    OnlineChangeReport report = copy();
    if (!isCutOver()) {
      Differences compared = verify();
      if (!compared.none()) {
        throw new MigrationException(
            Kind.DIFFERENT,
            "The shadow of table %s differs in %d rows, such as %s: make the expressions deterministic, and begin again after abandon()"
                .formatted(
                    settings.table(),
                    compared.differences(),
                    compared.examples().stream().limit(3).toList()),
            null);
      }
      cutOver();
    }
    return report;
  }

  /**
   * Makes the shadow and the triggers that keep it in step; finds them where they are made.
   *
   * @return the row of migrations.online_changes
   */
  public UUID start() {
    return calls().start(settings.definition, settings.forward, settings.reverse());
  }

  /** Copies the rows that are not copied yet. */
  public OnlineChangeReport copy() {
    ShadowCalls calls = calls();
    return calls.noting(
        change -> {
          BatchLoop batches =
              new BatchLoop(calls.steps(), settings.pacing, settings.listener, settings.table());
          if (calls.state(change).equals("copying")) {
            batches.run(change, Phase.COPY);
          }
          return batches.report(change);
        });
  }

  /** Compares the table with its shadow, range by range. Locks no row. */
  public Differences verify() {
    ShadowCalls calls = calls();
    return calls.noting(change -> calls.verify(change, settings.pacing, settings.listener));
  }

  /** Puts the shadow in the table's place; the table is {@code <name>_old} from then on. */
  public void cutOver() {
    calls().step(ShadowCalls.CUT_OVER);
  }

  /** Takes the cut-over back; the new table is the shadow again, to be verified again. */
  public void cutBack() {
    calls().step(ShadowCalls.CUT_BACK);
  }

  /** Drops the old table after the cut-over. There is no way back from here. */
  public void finish() {
    calls().finish();
  }

  /** Drops the shadow before a cut-over, or after it was taken back. */
  public void abandon() {
    calls().step(ShadowCalls.ABANDON);
  }

  private boolean isCutOver() {
    ShadowCalls calls = calls();
    return calls.noting(change -> calls.state(change).equals("cut_over"));
  }

  private ShadowCalls calls() {
    return new ShadowCalls(
        new Steps(settings.dataSource(), settings.pacing, settings.sleeper),
        settings.table(),
        settings.pacing.lockTimeout());
  }

  /** Describes a restructuring; each value that is not given has the default its method names. */
  public static final class Builder {
    private @Nullable DataSource dataSource;
    private @Nullable String table;
    private @Nullable String definition;
    private Map<String, String> forward = new TreeMap<>();
    private Map<String, String> reverse = new TreeMap<>();
    private boolean wayBack = true;
    private Pacing pacing = Pacing.defaults();
    private Sleeper sleeper = Sleeper.THREAD;
    private ProgressListener listener = ProgressListener.NONE;

    private Builder() {}

    /** Sets the source of connections, one at a time. Required. */
    public Builder dataSource(DataSource newDataSource) {
      dataSource = newDataSource;
      return this;
    }

    /** The table with its schema, quoted as in SQL where it needs to be. Required. */
    public Builder table(String newTable) {
      table = newTable;
      return this;
    }

    /**
     * Sets the text between the parentheses of CREATE TABLE for the new table, other tables and
     * types with their schemas. By default a table called {@code <name>_shadow} has to be there,
     * empty, with the new structure.
     */
    public Builder definition(String newDefinition) {
      definition = newDefinition;
      return this;
    }

    /**
     * Sets the value of a column of the new table: an expression over the table's columns, always
     * the same for the same row. By default a column has what the one of the same name has.
     */
    public Builder column(String name, String expression) {
      forward.put(name, expression);
      return this;
    }

    /** Sets a column of the old table after the cut-over, over the new table's columns. */
    public Builder columnBack(String name, String expression) {
      reverse.put(name, expression);
      return this;
    }

    /** That the cut-over cannot be taken back: the old table is not kept in step. */
    public Builder withoutWayBack() {
      wayBack = false;
      return this;
    }

    /** How fast it goes; {@link Pacing#defaults()} by default. */
    public Builder pacing(Pacing newPacing) {
      pacing = newPacing;
      return this;
    }

    /** How it pauses; {@link Sleeper#THREAD} by default. */
    public Builder sleeper(Sleeper newSleeper) {
      sleeper = newSleeper;
      return this;
    }

    /** Sets the listener to batches; {@link ProgressListener#NONE} by default. */
    public Builder listener(ProgressListener newListener) {
      listener = newListener;
      return this;
    }

    /**
     * The restructuring as described.
     *
     * @throws IllegalStateException when something required is missing
     */
    public ShadowTable build() {
      Builder copy = new Builder();
      copy.dataSource = dataSource();
      copy.table = table();
      copy.definition = definition;
      copy.forward = Map.copyOf(forward);
      copy.reverse = Map.copyOf(reverse);
      copy.wayBack = wayBack;
      copy.pacing = pacing;
      copy.sleeper = sleeper;
      copy.listener = listener;
      return new ShadowTable(copy);
    }

    private DataSource dataSource() {
      return Required.value("dataSource", dataSource);
    }

    private String table() {
      return Required.value("table", table);
    }

    private Optional<Map<String, String>> reverse() {
      return wayBack ? Optional.of(reverse) : Optional.empty();
    }
  }

  /**
   * The result of comparing a table with its shadow.
   *
   * @param change the row of migrations.online_changes
   * @param rows rows of the table that were compared
   * @param rowsInShadow rows of the shadow that were
   * @param differences keys that only one of them has, or whose rows differ
   * @param examples up to ten of them a range, as JSON: the key, and what is wrong with the
   *     shadow's row
   */
  public record Differences(
      UUID change, long rows, long rowsInShadow, long differences, List<String> examples) {

    /** Copies the list. */
    public Differences {
      examples = List.copyOf(examples);
    }

    /** Whether the shadow can take the table's place. */
    public boolean none() {
      return differences == 0;
    }
  }
}
