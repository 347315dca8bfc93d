package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which scripts share a session, and that nothing of a script's session reaches the next one. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class ScriptSessionsIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  ScriptSessionsIT(int majorVersion) {}

  @Test
  void scriptsThatDefineObjectsShareASession() throws IOException, SQLException {
    database.execute("CREATE TABLE public.sessions (); INSERT INTO public.sessions DEFAULT VALUES");
    script("V1.0.0__first.sql", sessionInto("first"));
    script("V1.1.0__second.sql", sessionInto("second"));
    script("V1.2.0__setting.sql", "SET app.mark = 'left behind';");
    script("V1.3.0__third.sql", sessionInto("third"));

    assertThat(runner().apply().applied()).hasSize(4);

    assertThat(
            database.query("SELECT concat_ws(' ', first = second, second = third) FROM sessions"))
        .containsExactly("t f");
  }

  private static String sessionInto(String column) {
    return "ALTER TABLE public.sessions ADD COLUMN %s INT DEFAULT pg_backend_pid();"
        .formatted(column);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET app.mark = 'left behind'",
        "SELECT set_config('app.mark', 'left behind', FALSE)",
        "DO $$ BEGIN PERFORM set_config('app.mark', 'left behind', FALSE); END $$",
        "CREATE TABLE public.filled AS SELECT set_config('app.mark', 'left behind', FALSE)",
        "CREATE MATERIALIZED VIEW public.seen AS SELECT set_config('app.mark', 'left behind',"
            + " FALSE)"
      })
  void whatAScriptSetsEndsWithIt(String statement) throws IOException, SQLException {
    script("V1.0.0__sets.sql", statement + ";");
    script(
        "V1.1.0__looks.sql",
        "CREATE TABLE public.found AS SELECT current_setting('app.mark', TRUE) AS mark;");

    assertThat(runner().apply().applied()).hasSize(2);

    assertThat(database.query("SELECT coalesce(mark, '') FROM public.found")).containsExactly("");
  }
}
