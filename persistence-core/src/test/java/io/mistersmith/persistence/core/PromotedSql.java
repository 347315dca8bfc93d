package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlStore.PrimaryChange;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Stores whose durable side says, when a test asks for it, that another server is the primary. */
final class PromotedSql implements StoreProvider {

  private final StoreProvider provider;
  private final List<Consumer<PrimaryChange>> listeners = new CopyOnWriteArrayList<>();

  private volatile Supplier<@Nullable List<DeadLetter>> letters = () -> null;

  PromotedSql(StoreProvider provider) {
    this.provider = provider;
  }

  /** Answers each page of dead letters that the background asks for; null as the store does. */
  void onLetters(Supplier<@Nullable List<DeadLetter>> pages) {
    letters = pages;
  }

  void announce(int timeline) {
    PrimaryChange change = new PrimaryChange("db-2:5432", "1", timeline - 1, timeline);
    listeners.forEach(listener -> listener.accept(change));
  }

  @Override
  public Stores open(PersistenceConfig config) {
    Stores opened = provider.open(config);
    SqlAccess real = opened.sql().on(PostgresRole.BACKGROUND);
    DeadLetterStore pages =
        around(
            DeadLetterStore.class,
            real.deadLetters(),
            (name, arguments) -> name.equals("page") ? letters.get() : null);
    SqlAccess background =
        around(
            SqlAccess.class, real, (name, arguments) -> name.equals("deadLetters") ? pages : null);
    SqlStore sql =
        around(
            SqlStore.class,
            opened.sql(),
            (name, arguments) ->
                name.equals("on") && PostgresRole.BACKGROUND.equals(arguments[0])
                    ? background
                    : ofSql(name, arguments));
    return around(Stores.class, opened, (name, arguments) -> name.equals("sql") ? sql : null);
  }

  private @Nullable Object ofSql(String name, @Nullable Object[] arguments) {
    if (!name.equals("onPrimaryChange")) {
      return null;
    }
    @SuppressWarnings("unchecked")
    Consumer<PrimaryChange> listener = (Consumer<PrimaryChange>) arguments[0];
    listeners.add(listener);
    return this;
  }

  /** Answers calls in another way; null where the real object answers. */
  interface Calls {
    @Nullable Object answer(String method, @Nullable Object[] arguments);
  }

  static <T> T around(Class<T> type, T real, Calls calls) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Object answer =
                  calls.answer(method.getName(), arguments == null ? new Object[0] : arguments);
              if (answer != null) {
                return method.getReturnType() == void.class ? null : answer;
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
