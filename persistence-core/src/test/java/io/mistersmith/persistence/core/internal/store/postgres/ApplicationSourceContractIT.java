package io.mistersmith.persistence.core.internal.store.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.testkit.contract.CheckpointStoreContract;
import io.mistersmith.persistence.testkit.contract.JournalApplyContract;
import io.mistersmith.persistence.testkit.contract.JournalRefusalContract;
import io.mistersmith.persistence.testkit.contract.JournalStoreContract;
import io.mistersmith.persistence.testkit.contract.PreparedUnitContract;
import io.mistersmith.persistence.testkit.contract.SqlIsolationContract;
import io.mistersmith.persistence.testkit.contract.SqlLockContract;
import io.mistersmith.persistence.testkit.contract.SqlSavepointContract;
import io.mistersmith.persistence.testkit.contract.SqlUnitContract;
import io.mistersmith.persistence.testkit.contract.StateStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The contracts of the durable stores on a pool of the application, which has other habits: its
 * connections commit when they are told to, and are used by all roles.
 */
@Tag("contract")
class ApplicationSourceContractIT {

  private static final ApplicationSources SOURCES = sources();

  private static ApplicationSources sources() {
    PostgresConfig direct = PostgresFixture.direct();
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(direct.jdbcUrl());
    pool.setUsername(direct.user());
    direct.password().map(Secret::reveal).ifPresent(pool::setPassword);
    pool.setAutoCommit(false);
    pool.setMinimumIdle(0);
    pool.setMaximumPoolSize(10);
    return ApplicationSources.NONE
        .with(PostgresRole.PRIMARY, pool)
        .with(PostgresRole.FLUSH, pool)
        .with(PostgresRole.BACKGROUND, pool);
  }

  @Nested
  class States extends StateStoreContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  @Tag("full")
  class Journals extends JournalStoreContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  @Tag("full")
  class Batches extends JournalApplyContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  @Tag("full")
  class Refusals extends JournalRefusalContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  @Tag("full")
  class Copies extends CheckpointStoreContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  class Units extends SqlUnitContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  class Isolations extends SqlIsolationContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  class Savepoints extends SqlSavepointContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  class Prepared extends PreparedUnitContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }

  @Nested
  class Locks extends SqlLockContract {
    @Override
    protected StoresFixture fixture() {
      return PostgresFixture.on(SOURCES);
    }
  }
}
