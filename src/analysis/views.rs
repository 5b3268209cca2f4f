//! From controllers to pages: what a handler puts into the model under a name is what a page of the view's name finds
//! there. Handlers leave facts in terms of sources; pages, which are analysed after all other code, import them.
//! Must not know where in a page a value lands.

use super::Context;
use super::call::CallView;
use super::frame::Frame;
use super::interp::Exits;
use super::merge::Widen;
use super::state::{Cell, State};
use super::summary::{Root, Summary};
use super::value::{Konst, ObjId, ValueId};
use crate::base::{FastMap, Symbol};
use crate::ir::{AnnotationUse, Callee, Const, Language, Operand, Ty, TyId};
use crate::program::{FuncId, Program};
use crate::syntax::document::{DocumentContent, Element};
use crate::syntax::jsp;

/// Attributes of one handler's model that are kept.
const MAX_ATTRIBUTES: usize = 64;
/// Handlers that one page hears of.
const MAX_HANDLERS: usize = 24;
/// Pages within pages within pages.
const MAX_INCLUDES: usize = 3;

/// What one way out of a handler puts into the model of a view.
#[derive(Debug)]
pub(super) struct ViewFact {
    /// The view's name, as the handler gives it.
    pub(super) view: Symbol,
    /// The handler.
    pub(super) handler: FuncId,
    /// Attributes, as values of the summary.
    attributes: Vec<(Symbol, u32)>,
    /// What the values are made of.
    summary: Summary,
}

/// The facts, by the page that they reach.
#[derive(Debug, Default)]
pub(super) struct Views {
    facts: Vec<ViewFact>,
    of_page: FastMap<FuncId, Vec<u32>>,
}

/// The pages of the program by the last part of their class' name.
struct Pages<'p> {
    program: &'p Program,
    by_name: FastMap<&'static str, Vec<(FuncId, Symbol)>>,
    prefixes: Vec<String>,
}

impl Views {
    /// Finds the page of each fact, and hands facts on to included pages.
    pub(super) fn link(program: &Program, facts: Vec<ViewFact>) -> Views {
        let pages = Pages::of(program);
        let mut views = Views { facts, of_page: FastMap::default() };
        if pages.by_name.is_empty() {
            return views;
        }
        for (at, fact) in views.facts.iter().enumerate() {
            let Some(page) = pages.find(fact.view.as_str()) else { continue };
            let known = views.of_page.entry(page).or_default();
            if known.len() < MAX_HANDLERS {
                known.push(u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        let includes = pages.includes();
        for _ in 0..MAX_INCLUDES {
            for (page, included) in &includes {
                let Some(facts) = views.of_page.get(page).cloned() else { continue };
                let known = views.of_page.entry(*included).or_default();
                for fact in facts {
                    if known.len() < MAX_HANDLERS && !known.contains(&fact) {
                        known.push(fact);
                    }
                }
            }
        }
        views
    }

    /// The facts that reach a page.
    fn of(&self, page: FuncId) -> impl Iterator<Item = &ViewFact> {
        self.of_page.get(&page).into_iter().flatten().filter_map(|at| self.facts.get(*at as usize))
    }
}

impl<'p> Pages<'p> {
    fn of(program: &'p Program) -> Pages<'p> {
        let mut by_name: FastMap<&'static str, Vec<(FuncId, Symbol)>> = FastMap::default();
        for id in program.functions.indices() {
            let (unit, function) = program.function(id);
            if unit.language == Language::Jsp
                && function.name.as_str() == "_jspService"
                && let Some(class) = program.owner_name(id)
            {
                by_name.entry(class.simple_name()).or_default().push((id, class));
            }
        }
        let mut prefixes = Vec::new();
        for document in &program.documents {
            match &document.content {
                DocumentContent::Xml(root) if root.name == "beans" => view_prefixes(root, &mut prefixes),
                DocumentContent::Entries(entries) => prefixes.extend(
                    entries.iter().filter(|entry| entry.key == "spring.mvc.view.prefix").map(|entry| entry.value.clone()),
                ),
                _ => {}
            }
        }
        Pages { program, by_name, prefixes }
    }

    /// The page that a view's name means: the only one whose path ends so, or the one under a resolver's prefix.
    fn find(&self, view: &str) -> Option<FuncId> {
        if view.contains(':') {
            return None;
        }
        let class = |path: &str| {
            let page = if path.ends_with(".jsp") { path.to_owned() } else { format!("{path}.jsp") };
            jsp::class_of(&page)
        };
        let wanted = class(view);
        let simple = wanted.rsplit('.').next()?;
        let ends = |class: Symbol, end: &str| {
            class.as_str().strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        // `jsp.` stands before every page's package.
        let tail = |name: &str| name.strip_prefix("jsp.").unwrap_or(name).to_owned();
        let wanted_tail = tail(&wanted);
        let fitting: Vec<_> = self.by_name.get(simple)?.iter().filter(|(_, class)| ends(*class, &wanted_tail)).collect();
        if let [only] = fitting.as_slice() {
            return Some(only.0);
        }
        let under = self.prefixes.iter().map(|prefix| tail(&class(&format!("{prefix}{view}"))));
        let mut under = under.filter_map(|end| fitting.iter().find(|(_, class)| ends(*class, &end)));
        under.next().map(|found| found.0)
    }

    /// Which page takes in which other, where the path is written out.
    fn includes(&self) -> Vec<(FuncId, FuncId)> {
        let mut found = Vec::new();
        let mut pages: Vec<(FuncId, Symbol)> = self.by_name.values().flatten().copied().collect();
        pages.sort_unstable_by_key(|(page, _)| *page);
        for (page, class) in pages {
            let body = self.program.body(page);
            for call in body.iter().flat_map(|body| &body.calls) {
                let Callee::Method { name, .. } = call.callee else { continue };
                if !matches!(name.as_str(), "include" | "includeStatic") {
                    continue;
                }
                let Some(Operand::Const(Const::Str(path))) = call.args.first() else { continue };
                let path = path.as_str();
                let included = match path.strip_prefix('/') {
                    Some(path) => self.find(path),
                    None => {
                        // Beside the page, or up from it.
                        let mut folder: Vec<&str> = class.as_str().split('.').collect();
                        folder.pop();
                        let mut parts: Vec<String> = folder.into_iter().map(str::to_owned).collect();
                        let target = jsp::class_of(path.trim_start_matches("../").trim_start_matches("./"));
                        for _ in 0..path.matches("../").count() {
                            parts.pop();
                        }
                        parts.push(target.strip_prefix("jsp.").unwrap_or(&target).to_owned());
                        let full = parts.join(".");
                        let simple = full.rsplit('.').next().unwrap_or_default();
                        self.by_name
                            .get(simple)
                            .and_then(|known| known.iter().find(|(_, class)| class.as_str() == full))
                            .map(|found| found.0)
                    }
                };
                if let Some(included) = included.filter(|included| *included != page) {
                    found.push((page, included));
                }
            }
        }
        found
    }
}

/// `<property name="prefix" value="/WEB-INF/jsp/"/>` of a view resolver.
fn view_prefixes(root: &Element, found: &mut Vec<String>) {
    for bean in root.elements().filter(|it| it.name == "bean") {
        let resolver = bean.attribute("class").is_some_and(|class| class.value.contains("ViewResolver"));
        let named = |element: &&Element| element.attribute("name").is_some_and(|name| name.value == "prefix");
        let property = bean.elements().find(named).and_then(|property| property.attribute("value"));
        let direct = bean.attributes.iter().find(|attribute| attribute.name.ends_with(":prefix"));
        if resolver && let Some(value) = property.or(direct) {
            found.push(value.value.clone());
        }
    }
}

/// Whether a method handles requests, by its annotations.
fn is_handler(annotations: &[AnnotationUse]) -> bool {
    annotations.iter().any(|used| used.name.simple_name().ends_with("Mapping"))
}

fn has(annotations: &[AnnotationUse], name: &str) -> bool {
    annotations.iter().any(|used| used.name.simple_name() == name)
}

impl Frame<'_> {
    /// What the handler leaves for pages; nothing for other functions.
    pub(super) fn view_facts(&mut self, exits: &Exits) -> Vec<ViewFact> {
        if self.is_c() || !self.is_entry || !is_handler(&self.function.annotations) {
            return Vec::new();
        }
        let named = self.bound_parameters();
        let roots: Vec<ValueId> = (0..self.function.params.len()).map(|at| self.parameter(at)).collect();
        let mut facts: Vec<ViewFact> = Vec::new();
        for (state, result) in &exits.returns {
            let Some(result) = *result else { continue };
            let mut views: Vec<Symbol> = self.texts(result);
            let mut holders: Vec<ObjId> = roots.iter().flat_map(|root| self.values[*root].objects.to_vec()).collect();
            for object in self.values[result].objects.iter().copied() {
                if let Some(name) = state.cell(object, Cell::Property(Symbol::new("viewName"))) {
                    views.extend(self.texts(name));
                }
                holders.push(object);
            }
            views.retain(|view| !view.as_str().contains(':'));
            views.truncate(super::value::MAX_CONSTS);
            if views.is_empty() {
                continue;
            }
            let mut attributes: Vec<(Symbol, ValueId)> = named.clone();
            for holder in holders {
                for (cell, value) in state.cells(holder) {
                    let Cell::Key(name) = cell else { continue };
                    attributes.retain(|(known, _)| *known != name);
                    attributes.push((name, value));
                }
            }
            attributes.truncate(MAX_ATTRIBUTES);
            for view in views {
                let (summary, exported) = self.export_values(state, &attributes);
                facts.push(ViewFact { view, handler: self.id, attributes: exported, summary });
            }
        }
        facts.truncate(MAX_HANDLERS);
        facts
    }

    fn texts(&self, value: ValueId) -> Vec<Symbol> {
        let texts = self.values[value].constants().iter().filter_map(|constant| match constant {
            Konst::Str(text) => Some(*text),
            _ => None,
        });
        texts.collect()
    }

    fn parameter(&mut self, at: usize) -> ValueId {
        let root = Root::Param(u16::try_from(at).unwrap_or(u16::MAX));
        let input = self.root_input(root);
        let ty = self.function.params.get(at).map_or(TyId::UNKNOWN, |param| self.local_type(param.local));
        self.input_value(input, ty)
    }

    /// Objects that requests are bound to are model attributes too: by `@ModelAttribute("x")`, or by their class' name.
    fn bound_parameters(&mut self) -> Vec<(Symbol, ValueId)> {
        let function = self.function;
        let mut named = Vec::new();
        for (at, param) in function.params.iter().enumerate() {
            let given = param.annotations.iter().find(|used| used.name.simple_name() == "ModelAttribute");
            let class = self.local_type(param.local).name();
            let is_own = class.is_some_and(|class| self.ctx.program.class(class).is_some());
            if given.is_none() && (!is_own || !param.annotations.is_empty() && !has(&param.annotations, "Valid")) {
                continue;
            }
            let text = given.and_then(|used| used.args.iter().find(|(key, _)| matches!(key.as_str(), "value" | "name")));
            let name = match text {
                Some((_, crate::ir::AnnotationValue::Const(Const::Str(text)))) => Some(*text),
                _ => class.map(|class| Symbol::new(&decapitalised(class.simple_name()))),
            };
            if let Some(name) = name {
                named.push((name, self.parameter(at)));
            }
        }
        named
    }

    /// An attribute as a page finds it: what the page itself has set, else what the handlers of the page have.
    pub(super) fn page_attribute(&mut self, state: &mut State, view: &CallView<'_>) -> Option<ValueId> {
        if self.unit.language != Language::Jsp {
            return None;
        }
        let ctx: &Context<'_> = self.ctx;
        let Some(Konst::Str(name)) = self.values[*view.args.first()?].only_constant() else { return None };
        let object = match self.objects_of(view.receiver?).as_slice() {
            [only] => *only,
            _ => return None,
        };
        if let Some(known) = state.cell(object, Cell::Key(name)) {
            return Some(known);
        }
        let mut found: Option<ValueId> = None;
        for fact in ctx.views.of(self.id) {
            for (_, at) in fact.attributes.iter().filter(|(known, _)| *known == name) {
                let value = self.import_value(state, &fact.summary, fact.handler, *at, view.span);
                found = Some(match found {
                    Some(before) => self.join_values(before, value, Widen::No),
                    None => value,
                });
            }
        }
        let value = match found {
            Some(value) => value,
            // Set under a name that is not known, it may be any.
            None if state.cell(object, Cell::Elements).is_some() => return None,
            None => self.unexplained(name, view.span),
        };
        state.set_cell(object, Cell::Key(name), value);
        Some(value)
    }

    /// An attribute that nobody in view sets. Those of the framework itself are safe.
    fn unexplained(&mut self, name: Symbol, span: crate::base::Span) -> ValueId {
        let of_framework =
            name.as_str().starts_with('_') || name.as_str().contains('.') || name.as_str() == "springMacroRequestContext";
        if of_framework {
            return self.unknown();
        }
        let step = self.hop(span, crate::findings::StepKind::Source, name);
        let mark = super::value::Mark {
            origin: super::value::Origin::Source(self.at(span)),
            kinds: crate::rules::SourceKinds::PAGE,
            name,
            cleared: 0,
            path: self.traces.push(None, step),
            at_start: true,
        };
        self.value(super::value::Value { marks: super::marks::Marks::one(mark), ..Default::default() })
    }

    /// `${base.key}`: the field, property or entry of that name; nothing of its text is left of a number.
    pub(super) fn page_property(&mut self, state: &mut State, view: &CallView<'_>) -> Option<ValueId> {
        let base = *view.args.first()?;
        let Some(Konst::Str(name)) = self.values[*view.args.get(1)?].only_constant() else { return None };
        let objects = self.values[base].objects.clone();
        let mut found: Option<ValueId> = None;
        for object in objects {
            let known = [Cell::Field(name), Cell::Property(name), Cell::Key(name)];
            let cell = known.into_iter().find(|cell| state.cell(object, *cell).is_some()).unwrap_or(Cell::Field(name));
            let ty = self.objects[object].class.map_or(TyId::UNKNOWN, |class| self.property_type(class, name));
            let value = self.load_cell(state, &[object], cell, Some(base), ty);
            found = Some(match found {
                Some(before) => self.join_values(before, value, Widen::No),
                None => value,
            });
        }
        found
    }

    /// The type of a bean's property: its getter's, else the field's.
    pub(super) fn property_type(&self, class: Symbol, name: Symbol) -> TyId {
        let program = self.ctx.program;
        if let Some(id) = program.class(class) {
            let mut letters = name.as_str().chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            let getter = Symbol::new(&format!("get{first}{}", letters.as_str()));
            if let Some(found) = program.find_methods(id, getter, 0).first() {
                return program.function(*found).1.ret;
            }
        }
        program.find_field(class, name, self.models).map_or(TyId::UNKNOWN, |(_, ty, _)| ty)
    }

    /// A handler's String result is a view: `redirect:` and then data lets the request choose where to.
    pub(super) fn returned(&mut self, state: &State, value: ValueId, span: crate::base::Span) {
        if self.is_c() || !is_handler(&self.function.annotations) {
            return;
        }
        let owner = self.function.owner.and_then(|owner| self.unit.types.get(owner));
        let is_body = matches!(self.function.ret.get(), Ty::Named { name, .. } if name.simple_name() == "ResponseEntity")
            || has(&self.function.annotations, "ResponseBody")
            || owner.is_some_and(|owner| has(&owner.annotations, "RestController") || has(&owner.annotations, "ResponseBody"));
        let is_text = match self.function.ret.get() {
            Ty::Named { name, args } => match (name.simple_name(), &**args) {
                ("String", _) => true,
                ("ResponseEntity", [held]) => held.name().is_some_and(|held| held.simple_name() == "String"),
                _ => false,
            },
            _ => false,
        };
        let marks = self.deep_marks(state, value);
        if marks.is_empty() {
            return;
        }
        let reflects = marks.iter().any(|mark| mark.kinds.intersects(crate::rules::SourceKinds::WEB));
        // What answers a PUT or the like no browser shows.
        let shown = !["PutMapping", "DeleteMapping", "PatchMapping"].iter().any(|name| has(&self.function.annotations, name));
        if is_body && is_text && reflects && shown && !self.produces_data() {
            let is_entity = matches!(self.function.ret.get(), Ty::Named { args, .. } if !args.is_empty());
            self.sink_value(state, value, "html", if is_entity { "body" } else { "return" }, span);
        } else if !is_body {
            self.view_name(state, value, span);
        }
    }

    /// A view's name, wherever one is given.
    pub(super) fn view_name(&mut self, state: &State, value: ValueId, span: crate::base::Span) {
        if self.values[value].prefix.is_some_and(|prefix| prefix.as_str() == "redirect:") {
            self.sink_value(state, value, "url-redirect", "redirect:", span);
        }
    }

    /// `new ModelAndView(view)`, `new ModelAndView(view, name, value)`.
    pub(super) fn new_view(&mut self, state: &mut State, view: &CallView<'_>) -> ValueId {
        let object = self.allocation(view.span, 0, view.target.owner);
        self.objects[object].class = view.target.owner;
        state.drop_cells(object, |_| true);
        if let Some(name) = view.args.first() {
            state.set_cell(object, Cell::Property(Symbol::new("viewName")), *name);
        }
        if let [_, key, value] = view.args.as_slice()
            && let Some(Konst::Str(key)) = self.values[*key].only_constant()
        {
            state.set_cell(object, Cell::Key(key), *value);
        }
        self.reference(object)
    }

    /// Whether the mapping says that the answer is JSON or the like, which no browser takes for a page.
    fn produces_data(&self) -> bool {
        let mut values: Vec<&crate::ir::AnnotationValue> = Vec::new();
        for used in &self.function.annotations {
            values.extend(used.args.iter().filter(|(key, _)| key.as_str() == "produces").map(|(_, value)| value));
        }
        let text = format!("{values:?}").to_ascii_lowercase();
        !values.is_empty() && !text.contains("html")
    }
}

fn decapitalised(name: &str) -> String {
    let mut letters = name.chars();
    let second_is_capital = name.chars().nth(1).is_some_and(char::is_uppercase);
    match letters.next() {
        Some(first) if !second_is_capital => first.to_lowercase().chain(letters).collect(),
        _ => name.to_owned(),
    }
}
