package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.util.List;

/** Both stores, guarded. Thread-safe. */
public final class GuardedStores implements Stores {

  private final Stores real;
  private final HotStore hot;
  private final SqlStore sql;

  /** Puts a guard in front of the stores. */
  public GuardedStores(Stores real, Guard guard, PersistenceConfig config) {
    this.real = real;
    this.hot = new GuardedHot(real.hot(), guard, config.nats().requestTimeout());
    this.sql =
        GuardedSql.of(
            real.sql(),
            guard,
            config.postgres().statementTimeout(),
            config.postgres().replicas() > 0);
  }

  /** Returns the stores themselves, for calls that repeat themselves until a deadline. */
  public Stores unguarded() {
    return real;
  }

  @Override
  public HotStore hot() {
    return hot;
  }

  @Override
  public SqlStore sql() {
    return sql;
  }

  @Override
  public Pools pools() {
    return real.pools();
  }

  @Override
  public List<String> notices() {
    return real.notices();
  }

  @Override
  public void close() {
    real.close();
  }
}
