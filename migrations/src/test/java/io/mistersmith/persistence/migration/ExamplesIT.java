package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.online.ConcurrentIndex;
import io.mistersmith.persistence.migration.online.IndexDefinition;
import io.mistersmith.persistence.migration.online.OnlineColumn;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import io.mistersmith.persistence.migration.report.MigrationReport;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The Java examples of the migrations' manual. */
class ExamplesIT {

  private final TestDatabase database = new TestDatabase(MigratedDatabases.server(18));
  private final DataSource owner = database.dataSource();

  @Test
  void appliesTheCoreSetAndOthers() throws SQLException {
    MigrationRunner runner =
        MigrationRunner.builder().dataSource(owner).sets("monitoring", "online").build();
    MigrationPlan plan = runner.plan(); // order, locks and risk; changes nothing
    MigrationReport report = runner.apply(); // again: nothing to do

    assertThat(report.applied()).hasSameSizeAs(plan.pending());
    assertThat(runner.apply().applied()).isEmpty();

    database.execute("CREATE TABLE public.orders (id bigint PRIMARY KEY, customer text)");
    database.execute("INSERT INTO public.orders SELECT n, 'c' || n FROM generate_series(1, 500) n");
    OnlineColumn.builder()
        .dataSource(owner)
        .table("public.orders")
        .column("weight")
        .type("NUMERIC(10, 2)")
        .defaultExpression("1 + random()") // filled in small batches
        .notNull()
        .build()
        .run();
    new ConcurrentIndex(owner, ConcurrentIndex.Settings.defaults())
        .build(IndexDefinition.btree("public", "orders", "orders_customer", List.of("customer")));
    assertThat(database.query("SELECT count(*) FROM public.orders WHERE weight >= 1"))
        .containsExactly("500");
    assertThat(database.query("SELECT to_regclass('public.orders_customer')::text"))
        .containsExactly("orders_customer");
  }
}
