// Typeset formulas with the site's MathJax: JSON in, [{tex, display}], JSON out, [{mathml, svg}].
const { readFileSync } = require("node:fs");

require(process.argv[2])
  .init({ loader: { load: ["input/tex-full", "output/svg"] }, svg: { fontCache: "none" } })
  .then(async (MathJax) => {
    const typeset = async ({ tex, display }) => ({
      mathml: await MathJax.tex2mmlPromise(tex, { display }),
      svg: MathJax.startup.adaptor.innerHTML(await MathJax.tex2svgPromise(tex, { display })),
    });
    const made = [];
    for (const asked of JSON.parse(readFileSync(0, "utf-8"))) made.push(await typeset(asked));
    process.stdout.write(JSON.stringify(made));
  });
