package io.mistersmith.persistence.config;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of a JDBC URL that lead to a socket file instead of a TCP port. The driver has no
 * such connections itself; it takes the factory of a library that has.
 */
final class UnixSocket {

  private static final String FACTORY = "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg";
  private static final Pattern PORT = Pattern.compile("jdbc:postgresql://[^/?,]*:(\\d+)(?:[/?,]|$).*");
  private static final Pattern PARAMETERS =
      Pattern.compile("(?<=[?&])socketFactory(?:Arg)?=[^&]*(?:&|$)");

  private UnixSocket() {}

  /** Returns the URL by way of the socket that a server with the URL's port has in a directory. */
  static String in(Path directory, String url) {
    Matcher port = PORT.matcher(url);
    String file = directory + "/.s.PGSQL." + (port.matches() ? port.group(1) : "5432");
    String plain = without(url);
    return plain
        + (plain.indexOf('?') < 0 ? "?" : "&")
        + "socketFactory="
        + FACTORY
        + "&socketFactoryArg="
        + URLEncoder.encode(file, StandardCharsets.UTF_8).replace("%2F", "/");
  }

  /** Returns the URL without the parameters. */
  static String without(String url) {
    String plain = PARAMETERS.matcher(url).replaceAll("");
    return plain.endsWith("?") || plain.endsWith("&")
        ? plain.substring(0, plain.length() - 1)
        : plain;
  }
}
