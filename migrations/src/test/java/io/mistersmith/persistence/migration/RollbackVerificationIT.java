package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.report.VerificationReport;
import io.mistersmith.persistence.migration.report.VerificationReport.Verified;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Whether a way back that is not one is found, with rows in the tables. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {18}) // CliIT verifies the bundled scripts on the others
class RollbackVerificationIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  RollbackVerificationIT(int majorVersion) {}

  @Test
  void everyBundledVersionCanBeTakenBackWithRowsInTheTables() throws SQLException {
    String[] sets = {"monitoring", "online", "recovery"};
    int scripts = BundledSets.core().migrations().size();
    for (String set : sets) {
      scripts += BundledSets.read(set).migrations().size();
    }
    MigrationRunner runner =
        MigrationRunner.builder().dataSource(database.dataSource()).sets(sets).build();
    runner.apply();
    VerificationReport report = runner.verifyRollback(this::sameServer);

    assertThat(report.versions()).hasSize(scripts);
    assertThat(report.versions()).allSatisfy(v -> assertThat(v.problems()).isEmpty());
    Verified last = report.versions().get(report.versions().size() - 1);
    assertThat(last.emptyTables()).as("tables without rows").isEmpty();
    assertThat(last.tablesWithRows()).isPositive();
    assertThat(
            database.query(
                "SELECT count(*) FROM migrations.validation_results"
                    + " WHERE test_type = 'rollback' AND status = 'passed'"))
        .containsExactly(String.valueOf(report.versions().size()));
    assertThat(
            database.query(
                "SELECT datname FROM pg_database WHERE datname LIKE 'migrations_scratch%'"))
        .isEmpty();
  }

  @Test
  void findsWhatIsLeftAndWhatIsMissing() throws Exception {
    script("V1.0.0__a.sql", "CREATE TABLE public.a (x INT); CREATE INDEX ax ON public.a (x);");
    script("U1.0.0__a.sql", "DROP TABLE public.a;");
    script(
        "V1.1.0__b.sql",
        "CREATE TABLE public.b (x INT); ALTER TABLE public.a ADD COLUMN IF NOT EXISTS z INT;");
    script("U1.1.0__b.sql", "DROP TABLE public.b;");
    script("V1.2.0__c.sql", "CREATE TABLE public.c (x INT);");

    VerificationReport report = runner().verifyRollback(this::sameServer);

    assertThat(report.isReversible()).isFalse();
    assertThat(report.versions().get(0).problems()).isEmpty();
    assertThat(report.versions().get(1).problems())
        .singleElement()
        .asString()
        .contains("after the rollback: additional", "public.a", "z");
    assertThat(report.versions().get(2).problems())
        .containsExactly("there is no script that takes it back");
  }

  @Test
  void stopsWhereAVersionCannotBeAppliedAgain() throws Exception {
    script("V1.0.0__a.sql", "CREATE TABLE public.a (x INT);");
    script("U1.0.0__a.sql", "SELECT 1;");
    script("V1.1.0__b.sql", "CREATE TABLE public.b (x INT);");

    assertThat(runner().verifyRollback(this::sameServer).versions())
        .singleElement()
        .satisfies(
            version ->
                assertThat(version.problems())
                    .anyMatch(problem -> problem.contains("already exists"))
                    .contains("the versions behind it were not tried"));
  }

  @Test
  void rowsShowAWayBackThatOnlyWorksOnEmptyTables() throws Exception {
    script(
        "V1.0.0__a.sql",
        "CREATE TABLE public.a (x INT NOT NULL, y TEXT NOT NULL CHECK (y IN ('k')));");
    script("U1.0.0__a.sql", "DROP TABLE public.a;");
    script("V1.1.0__b.sql", "ALTER TABLE public.a DROP COLUMN x;");
    script("U1.1.0__b.sql", "ALTER TABLE public.a ADD COLUMN x INT NOT NULL;");

    VerificationReport report = runner().verifyRollback(this::sameServer);

    assertThat(report.versions().get(0).tablesWithRows()).isEqualTo(1);
    assertThat(report.versions().get(1).problems())
        .singleElement()
        .asString()
        .contains("U1.1.0__b.sql", "contains null values");
  }

  @Test
  void roleThatMayNotCreateDatabasesIsTold() throws Exception {
    script("V1.0.0__a.sql", "CREATE TABLE public.a (x INT);");
    database.execute(
        "DO $$ BEGIN CREATE ROLE nobody_special LOGIN PASSWORD 'x'; EXCEPTION WHEN"
            + " duplicate_object THEN NULL; END $$");
    PGSimpleDataSource poor = sameServer(database.query("SELECT current_database()").get(0));
    poor.setUser("nobody_special");
    poor.setPassword("x");
    MigrationRunner runner = MigrationRunner.builder().dataSource(poor).scripts(folder).build();

    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner.verifyRollback(this::sameServer))
        .withMessageContaining("CREATEDB");
  }

  private PGSimpleDataSource sameServer(String name) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    DataSource template = database.dataSource();
    source.setUrl(((PGSimpleDataSource) template).getUrl());
    source.setUser(((PGSimpleDataSource) template).getUser());
    source.setPassword(((PGSimpleDataSource) template).getPassword());
    source.setDatabaseName(name);
    return source;
  }
}
