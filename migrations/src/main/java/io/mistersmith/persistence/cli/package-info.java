/**
 * The command line of the migrations, packed into the executable jar {@code migrations-cli.jar}. It
 * needs picocli, which the library does not.
 */
@NullMarked
package io.mistersmith.persistence.cli;

import org.jspecify.annotations.NullMarked;
