package io.mistersmith.persistence.spring.boot;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the application's database is, as the JdbcConnectionDetails of either line say. */
interface DatabaseAddress {

  /** Returns the JDBC URL, of any database. */
  String url();

  /** Returns the user; null where the URL names it. */
  @Nullable String username();

  /** Returns the password, asked for at each new connection; null for none. */
  @Nullable String password();

  /** Returns the address that suppliers give, each time they are asked. */
  static DatabaseAddress of(
      Supplier<String> url,
      Supplier<@Nullable String> username,
      Supplier<@Nullable String> password) {
    return new DatabaseAddress() {
      @Override
      public String url() {
        return url.get();
      }

      @Override
      public @Nullable String username() {
        return username.get();
      }

      @Override
      public @Nullable String password() {
        return password.get();
      }
    };
  }
}
