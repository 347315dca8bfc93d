/**
 * The engine's roof: finds the stores, wires the rooms below, and is what {@code Persistence.open}
 * opens.
 */
@NullMarked
package io.mistersmith.persistence.core;

import org.jspecify.annotations.NullMarked;
