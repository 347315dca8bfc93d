package io.mistersmith.persistence.migration.internal.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A snapshot of everything in a database's own schemas, except rows: tables, partitions, columns,
 * constraints, indexes, views, functions, triggers, types, sequences, policies, privileges,
 * comments and extensions.
 *
 * <p>The system's schemas and the members of extensions are left out, and so are the order of
 * columns and the values of sequences. Immutable and thread-safe. Only snapshots from servers of
 * one major version can be compared: each version words its definitions in its own way.
 */
public final class Catalog {
  private static final List<List<CatalogQuery>> QUERIES =
      List.of(
          RelationQueries.ALL,
          ColumnQueries.ALL,
          ConstraintQueries.ALL,
          RoutineQueries.ALL,
          TypeQueries.ALL,
          AccessQueries.ALL);

  private static final String SETTINGS =
      """
      SELECT current_setting('search_path'), current_setting('TimeZone'),
             current_setting('DateStyle')
      """;

  // Names are spelled out where the search path does not lead to them, and the bounds of
  // partitions in the session's time zone.
  private static final String SET =
      """
      SELECT set_config('search_path', ?, true), set_config('TimeZone', ?, true),
             set_config('DateStyle', ?, true)
      """;

  private final SortedMap<String, CatalogFact> facts;

  private Catalog(SortedMap<String, CatalogFact> facts) {
    this.facts = facts;
  }

  /**
   * Reads the catalog of the database that the connection leads to. Where the connection is in a
   * transaction, what that one has changed is seen, and it stays open.
   *
   * @throws SQLException when the database cannot be asked
   */
  public static Catalog read(Connection connection) throws SQLException {
    if (!connection.getAutoCommit()) {
      return readInTransaction(connection);
    }
    connection.setAutoCommit(false);
    try {
      return readInTransaction(connection);
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private static Catalog readInTransaction(Connection connection) throws SQLException {
    List<String> before = settings(connection);
    set(connection, List.of("pg_catalog", "UTC", "ISO, YMD"));
    SortedMap<String, CatalogFact> facts = new TreeMap<>();
    for (List<CatalogQuery> queries : QUERIES) {
      for (CatalogQuery query : queries) {
        for (CatalogFact fact : query.read(connection)) {
          facts.put(fact.subject(), fact);
        }
      }
    }
    set(connection, before);
    return new Catalog(facts);
  }

  private static List<String> settings(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SETTINGS);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return List.of(row.getString(1), row.getString(2), row.getString(3));
    }
  }

  private static void set(Connection connection, List<String> values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SET)) {
      for (int i = 0; i < values.size(); i++) {
        statement.setString(i + 1, values.get(i));
      }
      statement.execute();
    }
  }

  /** This picture without some schemas and all that is in them. */
  public Catalog withoutSchemas(Collection<String> schemas) {
    Set<String> names = Set.copyOf(schemas);
    return only(fact -> !names.contains(fact.schema()));
  }

  /**
   * This picture without some tables, views or sequences and what belongs to them.
   *
   * @param relations names with their schemas, for example "migrations.locks"
   */
  public Catalog withoutRelations(Collection<String> relations) {
    Set<String> names = Set.copyOf(relations);
    return only(fact -> !names.contains(fact.qualifiedObject()));
  }

  private Catalog only(Predicate<CatalogFact> wanted) {
    SortedMap<String, CatalogFact> kept = new TreeMap<>(facts);
    kept.values().removeIf(wanted.negate());
    return new Catalog(kept);
  }

  /**
   * Compares another catalog with this one and returns a line for each difference: missing there,
   * additional there, or changed.
   *
   * @return the lines, in order of kind and name; empty when the two are equal
   */
  public List<String> differences(Catalog other) {
    SortedSet<String> subjects = new TreeSet<>(facts.keySet());
    subjects.addAll(other.facts.keySet());
    Set<String> objects = objects();
    Set<String> otherObjects = other.objects();
    List<String> differences = new ArrayList<>();
    for (String subject : subjects) {
      CatalogFact mine = facts.get(subject);
      CatalogFact theirs = other.facts.get(subject);
      if (mine == null && theirs != null) {
        addIfNamed(differences, "additional ", theirs, objects);
      } else if (mine != null && theirs == null) {
        addIfNamed(differences, "missing ", mine, otherObjects);
      } else if (mine != null && theirs != null && !mine.definition().equals(theirs.definition())) {
        differences.add(
            "different " + subject + ": " + change(mine.definition(), theirs.definition()));
      }
    }
    return List.copyOf(differences);
  }

  private static void addIfNamed(
      List<String> differences, String how, CatalogFact fact, Set<String> objectsOfTheOther) {
    if (!fact.goesWithItsObject() || objectsOfTheOther.contains(fact.qualifiedObject())) {
      differences.add(how + fact.subject());
    }
  }

  private Set<String> objects() {
    return facts.values().stream()
        .map(CatalogFact::qualifiedObject)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The first line that differs: a function's whole body would hide it. */
  private static String change(String before, String after) {
    List<String> old = lines(before);
    List<String> young = lines(after);
    int line = 0;
    while (old.get(line).equals(young.get(line))) {
      line++;
    }
    return "'%s' became '%s'".formatted(old.get(line), young.get(line));
  }

  /** The lines, and one that says that there are no more. */
  private static List<String> lines(String text) {
    return Stream.concat(text.lines().map(String::strip), Stream.of("(nothing)")).toList();
  }

  /** The number of things that it holds. */
  public int size() {
    return facts.size();
  }

  @Override
  public String toString() {
    return "Catalog of " + size() + " things";
  }
}
