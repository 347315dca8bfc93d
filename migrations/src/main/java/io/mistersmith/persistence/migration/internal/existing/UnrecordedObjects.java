package io.mistersmith.persistence.migration.internal.existing;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.HistoryEntry.Status;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Recognises objects that the scripts of a set would create and that exist although the history has
 * nothing of the set: another tool applied the scripts, or the objects belong to another
 * application. Either way applying would fail in the middle of the set, so it is refused before the
 * first script.
 */
public final class UnrecordedObjects {
  private static final Logger LOG = LoggerFactory.getLogger(UnrecordedObjects.class);
  private static final int NAMED = 3;

  private final String set;
  private final List<ScriptObjects> scripts;
  private final Set<String> existing;

  private UnrecordedObjects(String set, List<ScriptObjects> scripts, Set<String> existing) {
    this.set = set;
    this.scripts = scripts;
    this.existing = existing;
  }

  /**
   * Checks the sets that have pending scripts and of which nothing was applied.
   *
   * @param order all scripts, in order
   * @throws MigrationException when an object exists that a script would create; the message says
   *     whose it seems to be and what to do
   */
  public static void check(
      Connection connection, List<Migration> order, List<HistoryEntry> history, MigrationPlan plan)
      throws SQLException {
    Set<String> sets = new LinkedHashSet<>();
    plan.pending().forEach(script -> sets.add(script.set()));
    for (String set : sets) {
      if (nothingApplied(set, order, history)) {
        of(connection, set, order).check(connection);
      }
    }
  }

  /** Whether no script of a set has left anything behind, as far as the history knows. */
  public static boolean nothingApplied(
      String set, List<Migration> order, List<HistoryEntry> history) {
    Set<ScriptId> stepwise =
        order.stream()
            .filter(script -> !script.transactional())
            .map(Migration::id)
            .collect(Collectors.toSet());
    return history.stream()
        .filter(entry -> entry.id().set().equals(set))
        .allMatch(
            entry ->
                (entry.status() == Status.FAILED || entry.status() == Status.RUNNING)
                    && !stepwise.contains(entry.id()));
  }

  public static UnrecordedObjects of(Connection connection, String set, List<Migration> order)
      throws SQLException {
    List<ScriptObjects> scripts =
        order.stream().filter(m -> m.set().equals(set)).map(ScriptObjects::of).toList();
    Set<String> schemas = new TreeSet<>();
    scripts.forEach(script -> schemas.addAll(script.schemas()));
    return new UnrecordedObjects(set, scripts, ExistingObjects.in(connection, schemas));
  }

  private void check(Connection connection) throws SQLException {
    Map<String, Migration> inTheWay = inTheWay();
    if (inTheWay.isEmpty()) {
      warnOfShared();
      return;
    }
    String database = ExistingObjects.database(connection);
    List<String> files = scripts.stream().map(s -> s.script().fileName()).toList();
    Optional<FlywayHistory> flyway = FlywayHistory.find(connection, files);
    Optional<Migration> last = flyway.map(this::lastOf).or(this::lastComplete);
    throw new MigrationException(
        Kind.HISTORY_MISMATCH,
        last.map(script -> applied(database, script, flyway, inTheWay))
            .orElseGet(() -> foreign(database, inTheWay)));
  }

  /** The existing objects with which the scripts would fail, and the first script of each. */
  private Map<String, Migration> inTheWay() {
    Map<String, Migration> found = new TreeMap<>();
    Set<String> dropped = new HashSet<>();
    for (ScriptObjects objects : scripts) {
      for (String name : objects.exclusive()) {
        if (existing.contains(name) && !dropped.contains(name)) {
          found.putIfAbsent(name, objects.script());
        }
      }
      dropped.addAll(objects.dropped());
    }
    return found;
  }

  private Migration lastOf(FlywayHistory flyway) {
    return scripts.stream()
        .map(ScriptObjects::script)
        .filter(script -> flyway.scripts().contains(script.fileName()))
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  /**
   * The last script up to which everything is there that the scripts create. A later one that only
   * replaces things cannot be told from one that did not run; it can be run again.
   */
  public Optional<Migration> lastComplete() {
    Optional<Migration> last = Optional.empty();
    Set<String> expected = new HashSet<>();
    for (ScriptObjects objects : scripts) {
      expected.removeAll(objects.dropped());
      expected.addAll(objects.created());
      if (!objects.created().isEmpty() && existing.containsAll(expected)) {
        last = Optional.of(objects.script());
      }
    }
    return last;
  }

  private String applied(
      String database,
      Migration last,
      Optional<FlywayHistory> flyway,
      Map<String, Migration> inTheWay) {
    ScriptId id = last.id();
    boolean core = id.isCore();
    List<String> beyond =
        inTheWay.entrySet().stream()
            .filter(e -> e.getValue().version().compareTo(id.version()) > 0)
            .map(Map.Entry::getKey)
            .toList();
    return "Database %s has the objects of %s up to version %s, but migrations.applied_migrations"
            .formatted(database, core ? "the core scripts" : "set " + set, id.version())
        + " does not record that they were applied: "
        + flyway
            .map(f -> "Flyway applied them (%s lists %d)".formatted(f.table(), f.scripts().size()))
            .orElse("another tool applied them")
        + ". Nothing was changed. Record them without running them, with 'baseline --to %s%s'"
            .formatted(core ? "" : set + ":", id.version() + (core ? "" : " --set " + set))
        + " of the command line or MigrationRunner.baseline(…), then try again."
        + flyway
            .map(
                f ->
                    " Then delete these rows from %s: Flyway does not find their scripts any more."
                        .formatted(f.table()))
            .orElse("")
        + (beyond.isEmpty()
            ? ""
            : " Of later versions only some objects exist (%s); drop these first."
                .formatted(some(beyond)));
  }

  private String foreign(String database, Map<String, Migration> inTheWay) {
    Map.Entry<String, Migration> first = inTheWay.entrySet().iterator().next();
    Set<String> schemas = new TreeSet<>();
    inTheWay.keySet().forEach(name -> schemas.add(ScriptObjects.schemaOf(name)));
    List<String> missing =
        scripts.stream()
            .flatMap(s -> s.exclusive().stream())
            .filter(name -> !existing.contains(name))
            .toList();
    return "Script %s would create %s, which exists in database %s already (of this library's"
            .formatted(first.getValue().fileName(), first.getKey(), database)
        + " objects there are %s, but not %s): %s seems to belong to another application. Nothing"
            .formatted(
                some(inTheWay.keySet()), some(missing), "schema " + String.join(", ", schemas))
        + " was changed. Give the agents a database of their own (CREATE DATABASE, and its name in"
        + " the JDBC URL), or rename that schema (ALTER SCHEMA … RENAME TO …).";
  }

  private static String some(Collection<String> names) {
    String first = names.stream().limit(NAMED).collect(Collectors.joining(", "));
    return names.size() <= NAMED ? first : first + " and " + (names.size() - NAMED) + " more";
  }

  private void warnOfShared() {
    if (!set.equals(ScriptId.CORE) || existing.isEmpty()) {
      return;
    }
    Map<String, String> examples = new TreeMap<>();
    existing.forEach(name -> examples.putIfAbsent(ScriptObjects.schemaOf(name), name));
    examples.remove("migrations");
    examples.forEach(
        (schema, name) ->
            LOG.warn(
                "Schema {} has objects of another application, for example {}; this library's"
                    + " tables are created beside them. Use a database of its own to keep the two"
                    + " apart.",
                schema,
                name));
  }
}
