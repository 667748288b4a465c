export function showScanners(place, found) { place.textContent = JSON.stringify(found).slice(0, 100); }
