package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Stores that stop the thread of a saga's runner at a boundary: before or after it appends rows to
 * the log, or adds or reopens a run, or after it claims some; and a thread that commits a
 * transaction over both stores: before or after each phase, and once its change of an entry is put.
 * Before the row {@code DONE} of an action its effect is there and the log does not say so. It
 * prints each boundary that is passed as {@code pass NAME}, the stop as {@code at NAME}, and a
 * claim as {@code claimed ID}. Thread-safe.
 */
final class SagaStops implements StoreProvider {

  /** Stops nowhere. */
  static final String NONE = "-";

  static final String AFTER_CLAIM = "after claim";

  private final StoreProvider real;
  private final Consumer<String> lines;
  private String wanted = NONE;
  private CountDownLatch way = new CountDownLatch(0);

  SagaStops(StoreProvider real, Consumer<String> lines) {
    this.real = real;
    this.lines = lines;
  }

  /** Stops once, at the next boundary whose name begins so. */
  synchronized void stopAt(String name) {
    wanted = name;
  }

  /** Lets a stopped thread go on. */
  synchronized void go() {
    wanted = NONE;
    way.countDown();
  }

  private void pass(String name) {
    lines.accept("pass " + name);
    CountDownLatch until;
    synchronized (this) {
      if (!name.startsWith(wanted)) {
        return;
      }
      wanted = NONE;
      way = new CountDownLatch(1);
      until = way;
    }
    lines.accept("at " + name);
    try {
      until.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the runner has given the step up
    }
  }

  @Override
  public Stores open(PersistenceConfig config) {
    Stores opened = real.open(config);
    SqlStore sql = around(SqlStore.class, opened.sql(), this::sql);
    return around(
        Stores.class,
        opened,
        (call, arguments) -> call.name().equals("sql") ? sql : call.on(arguments));
  }

  private @Nullable Object sql(Call call, @Nullable Object[] arguments) throws Throwable {
    if (call.name().endsWith("Prepared")) {
      pass("before " + call.name());
      Object ended = call.on(arguments);
      pass("after " + call.name());
      return ended;
    }
    if (call.name().equals("inTransaction")) {
      @SuppressWarnings("unchecked")
      Function<SqlUnit, Object> work = (Function<SqlUnit, Object>) arguments[1];
      Function<SqlUnit, Object> stopping =
          unit -> work.apply(around(SqlUnit.class, unit, this::access));
      if (((SqlOptions) arguments[0]).prepared().isEmpty()) {
        return call.on(arguments[0], stopping);
      }
      pass("before prepare");
      Object result = call.on(arguments[0], stopping);
      pass("after prepare");
      return result;
    }
    return access(call, arguments);
  }

  private @Nullable Object access(Call call, @Nullable Object[] arguments) throws Throwable {
    Object result = call.on(arguments);
    return switch (call.name()) {
      case "sagas" ->
          around(SagaStore.class, (SagaStore) Objects.requireNonNull(result), this::saga);
      case "on" ->
          around(SqlAccess.class, (SqlAccess) Objects.requireNonNull(result), this::access);
      case "entryWrites" ->
          around(
              EntryWriteStore.class, (EntryWriteStore) Objects.requireNonNull(result), this::entry);
      default -> result;
    };
  }

  private @Nullable Object saga(Call call, @Nullable Object[] arguments) throws Throwable {
    switch (call.name()) {
      case "append" -> {
        String name = title((List<?>) arguments[2], (Then) arguments[3]);
        pass("before " + name);
        Object cancelled = call.on(arguments);
        pass("after " + name);
        return cancelled;
      }
      case "add" -> {
        String name = "add " + ((Added) arguments[0]).definition().name();
        pass("before " + name);
        Object id = call.on(arguments);
        pass("after " + name);
        return id;
      }
      case "reopen" -> {
        pass("before reopen");
        Object reopened = call.on(arguments);
        pass("after reopen");
        return reopened;
      }
      case "claim" -> {
        List<?> claimed = (List<?>) Objects.requireNonNull(call.on(arguments));
        claimed.forEach(run -> lines.accept("claimed " + ((Claimed) run).run().id()));
        if (!claimed.isEmpty()) {
          pass(AFTER_CLAIM);
        }
        return claimed;
      }
      default -> {
        return call.on(arguments);
      }
    }
  }

  private @Nullable Object entry(Call call, @Nullable Object[] arguments) throws Throwable {
    if (!call.name().equals("remove")) {
      return call.on(arguments);
    }
    pass("before remove");
    Object removed = call.on(arguments);
    pass("after remove");
    return removed;
  }

  private static String title(List<?> entries, Then then) {
    return entries.isEmpty()
        ? then.getClass().getSimpleName()
        : entries.stream()
            .map(entry -> (NewEntry) entry)
            .map(entry -> entry.event() + entry.step().map(step -> " " + step).orElse(""))
            .collect(Collectors.joining("+"));
  }

  /** A call of a method of a store. */
  private record Call(Object real, Method method) {

    String name() {
      return method.getName();
    }

    @Nullable Object on(@Nullable Object... arguments) throws Throwable {
      try {
        return method.invoke(real, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }

  private interface Calls {
    @Nullable Object answer(Call call, @Nullable Object[] arguments) throws Throwable;
  }

  private static <T> T around(Class<T> type, T real, Calls calls) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                calls.answer(
                    new Call(real, method), arguments == null ? new Object[0] : arguments)));
  }
}
