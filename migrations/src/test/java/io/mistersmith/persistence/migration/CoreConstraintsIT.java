package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every constraint refuses a bad row under its own name, and every function, view and trigger has a
 * test: what is added to the schemas without one makes this class fail.
 *
 * <p>To have another schema looked after, add it to SCHEMAS, its bad rows to {@code
 * refused/<schema>.sql}, and the classes that call its functions to TESTS.
 */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class CoreConstraintsIT extends OnMigratedDatabase {
  private static final List<String> SCHEMAS =
      List.of("agents", "tasks", "messages", "sessions", "knowledge", "sagas", "recovery");

  /** Schemas of the core set that other classes test. */
  private static final List<String> ELSEWHERE = List.of("migrations", "partitions");

  private static final List<Class<?>> TESTS =
      List.of(
          AgentsSchemaIT.class,
          LargeValuesSchemaIT.class,
          TasksSchemaIT.class,
          TaskClaimsIT.class,
          ClaimableTasksIT.class,
          MessagesSchemaIT.class,
          KnowledgeSchemaIT.class,
          SagasSchemaIT.class,
          RecoverySchemaIT.class);

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  CoreConstraintsIT(int majorVersion) {}

  static Stream<RefusedRow> refusedRows() {
    return SCHEMAS.stream().map(RefusedRow::of).flatMap(List::stream);
  }

  @BeforeEach
  void loadFixtures() throws SQLException {
    if (single("SELECT count(*) FROM agents.registry").equals("0")) {
      database.execute(RefusedRow.resource("fixtures.sql"));
    }
  }

  @ParameterizedTest
  @MethodSource("refusedRows")
  void isRefused(RefusedRow row) {
    assertRefused(row.reportedAs(), row.sql());
  }

  @Test
  void everyConstraintHasABadRow() throws SQLException {
    assertThat(refusedRows().map(RefusedRow::constraint).collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(
            catalog(
                """
                SELECT n.nspname || '.' || r.relname || ' ' || c.conname
                  FROM pg_constraint AS c
                  JOIN pg_class AS r ON r.oid = c.conrelid
                  JOIN pg_namespace AS n ON n.oid = r.relnamespace
                 WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
                   AND c.conparentid = 0
                   AND NOT r.relispartition
                   AND n.nspname IN (%s)
                """));
  }

  @Test
  void everyFunctionViewAndTriggerHasATest() throws SQLException {
    Set<String> exercised =
        TESTS.stream()
            .flatMap(test -> Arrays.stream(test.getDeclaredMethods()))
            .map(method -> method.getAnnotation(Exercises.class))
            .filter(annotation -> annotation != null)
            .flatMap(annotation -> Arrays.stream(annotation.value()))
            .collect(Collectors.toSet());

    assertThat(exercised)
        .containsExactlyInAnyOrderElementsOf(
            catalog(
                """
                SELECT n.nspname || '.' || p.proname
                  FROM pg_proc AS p
                  JOIN pg_namespace AS n ON n.oid = p.pronamespace
                 WHERE p.prorettype <> 'trigger'::regtype
                   AND n.nspname IN (%1$s)
                 UNION
                SELECT n.nspname || '.' || c.relname
                  FROM pg_class AS c
                  JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('v', 'm')
                   AND n.nspname IN (%1$s)
                 UNION
                SELECT n.nspname || '.' || c.relname || ' ' || t.tgname
                  FROM pg_trigger AS t
                  JOIN pg_class AS c ON c.oid = t.tgrelid
                  JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE NOT t.tgisinternal
                   AND t.tgparentid = 0
                   AND n.nspname IN (%1$s)
                """));
  }

  @Test
  void everySchemaIsLookedAfter() throws SQLException {
    assertThat(
            database.query(
                "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN"
                    + " ('information_schema', 'public')"))
        .isSubsetOf(Stream.concat(SCHEMAS.stream(), ELSEWHERE.stream()).toList())
        .containsAll(SCHEMAS);
  }

  /** Rows of a query about the schemas, which stand where it has a place for them. */
  private static Set<String> catalog(String query) throws SQLException {
    String schemas = SCHEMAS.stream().collect(Collectors.joining("', '", "'", "'"));
    return Set.copyOf(database.query(query.formatted(schemas)));
  }
}
