package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** How scripts of all sorts fare, good ones and bad ones. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class ScriptsIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  ScriptsIT(int majorVersion) {}

  @Test
  void changedScriptIsNamed() throws IOException {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    runner().apply();
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a BIGINT);");
    script("V1.0.1__second.sql", "CREATE TABLE public.second (a INT);");

    assertFails(Kind.CHECKSUM_CHANGED, "V1.0.0__first.sql");
  }

  @Test
  void checkoutWithOtherLineEndsIsNoChange() throws IOException {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (\n  a INT\n);\n");
    runner().apply();
    script("V1.0.0__first.sql", "CREATE TABLE public.first (\r\n  a INT\r\n);\r\n");

    assertThat(runner().apply().applied()).isEmpty();
  }

  @Test
  void failingScriptLeavesNothingButItsStatus() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    script(
        "V1.0.1__second.sql",
        "CREATE TABLE public.second (a INT); SELECT 1 / 0; CREATE TABLE public.third (a INT);");

    MigrationException failure = assertFails(Kind.SCRIPT_FAILED, "V1.0.1__second.sql");

    assertThat(failure.sqlState()).isEqualTo("22012");
    assertThat(failure).hasMessageContaining("at 1.0.0");
    assertThat(database.history()).containsExactly("1.0.0 applied", "1.0.1 failed");
    assertThat(
            database.query(
                "SELECT error_message FROM migrations.applied_migrations WHERE status = 'failed'"))
        .singleElement()
        .asString()
        .contains("division by zero");
    assertThat(tables()).containsExactly("first");

    script("V1.0.1__second.sql", "CREATE TABLE public.second (a INT);");
    assertThat(runner().apply().applied()).hasSize(1);
    assertThat(database.history()).containsExactly("1.0.0 applied", "1.0.1 applied");
  }

  @Test
  void scriptsMustQualifyTheirNames() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE first (a INT);");

    assertFails(Kind.SCRIPT_FAILED, "V1.0.0__first.sql");
    assertThat(tables()).isEmpty();
  }

  @Test
  void functionBodiesQuestionMarksAndBracesReachTheServerAsTheyAre() throws Exception {
    script(
        "V1.0.0__first.sql",
        """
        CREATE FUNCTION public.f(j JSONB) RETURNS BOOLEAN LANGUAGE plpgsql AS $body$
        BEGIN
          -- a ; in a comment, an unbalanced ' too
          -- {fn now()} ?
          RETURN j ? 'a;b' AND '{d 1}' <> ':name';
        END;
        $body$;
        CREATE FUNCTION public.g() RETURNS INT LANGUAGE sql
        BEGIN ATOMIC
          SELECT 1;
          SELECT 2;
        END;
        """);

    runner().apply();

    assertThat(database.query("SELECT public.f('{\"a;b\": 1}') || ' ' || public.g()"))
        .containsExactly("true 2");
    assertThat(database.query("SELECT prosrc FROM pg_proc WHERE proname = 'f'"))
        .singleElement()
        .asString()
        .contains("-- {fn now()} ?", "'{d 1}' <> ':name'");
  }

  @Test
  void setsKeepVersionsOfTheirOwnAndOnlyTheSelectedOnesAreLookedAt() throws Exception {
    Path own = Files.createDirectory(folder.resolve("own"));
    script("V1.0.0__first.sql", "-- kind: data\n-- The first.\nCREATE TABLE public.first (a INT);");
    Files.writeString(
        own.resolve("V1.0.0__own.sql"),
        "-- depends-on: core 1.0.0\nCREATE TABLE public.own AS SELECT * FROM public.first;");
    MigrationRunner both =
        MigrationRunner.builder()
            .dataSource(database.dataSource())
            .scripts(folder)
            .set("own", own)
            .build();

    assertThat(both.apply().applied()).hasSize(2);
    script("V1.1.0__second.sql", "CREATE TABLE public.second (a INT);");

    assertThat(runner().apply().applied()).as("the core alone").hasSize(1);
    assertThat(both.apply().applied()).isEmpty();
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', script_set, version, migration_type, description,
                                 depends_on_version)
                  FROM migrations.applied_migrations ORDER BY applied_at
                """))
        .containsExactly(
            "core 1.0.0 data The first.", "own 1.0.0 schema core 1.0.0", "core 1.1.0 schema 1.0.0");
  }

  @Test
  void unknownSetIsAnErrorThatListsTheKnownOnes() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> MigrationRunner.builder().sets("audti"))
        .withMessageContaining("'audti'")
        .withMessageContaining(BundledSets.list().stream().map(ScriptSet::name).toList().toString())
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNKNOWN_SET));
  }

  private MigrationException assertFails(Kind kind, String named) {
    try {
      runner().apply();
    } catch (MigrationException e) {
      assertThat(e.kind()).isEqualTo(kind);
      assertThat(e).hasMessageContaining(named);
      return e;
    }
    throw new AssertionError("apply() succeeded; expected it to fail because of " + named);
  }
}
