/** Reads scripts from folders and from the jar, with their headers and statements. */
@NullMarked
package io.mistersmith.persistence.migration.internal.script;

import org.jspecify.annotations.NullMarked;
